from pathlib import Path

from skillwire.spec import agentskills


def to_prompt(skill_dirs):
    return agentskills.to_prompt(map(Path, skill_dirs))
