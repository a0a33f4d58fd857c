from pathlib import Path

from skillwire.errors import SkillUnreadable
from skillwire.spec import agentskills

from .errors import ParseError, ValidationError

__all__ = ["ParseError", "ValidationError", "find_skill_md", "parse_frontmatter", "read_properties"]


def find_skill_md(skill_dir):
    return agentskills.skill_file(Path(skill_dir))


def parse_frontmatter(content):
    try:
        front = agentskills.frontmatter(content.encode(), "SKILL.md")
    except SkillUnreadable as error:
        raise ParseError(str(error)) from error
    return front.fields, front.body


def read_properties(skill_dir):
    path = find_skill_md(skill_dir)
    if path is not None:
        parse_frontmatter(path.read_text(encoding="utf-8"))
    try:
        return agentskills.read_properties(Path(skill_dir))
    except SkillUnreadable as error:
        raise (ParseError if path is None else ValidationError)(str(error)) from error
