from pathlib import Path

from skillwire.spec import agentskills


def validate(skill_dir):
    return [violation.message for violation in agentskills.validate(Path(skill_dir))]
