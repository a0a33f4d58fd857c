"""Frontmatter: its keys and values, each with its line, in every form that authors write."""

from __future__ import annotations

import re

from skillwire.spec import yaml_lines
from skillwire.spec.facts import Facts, Front
from skillwire.spec.model import Severity

_KEY = re.compile(r"([A-Za-z_][\w.-]*)\s*:\s*(.*)\Z")
# A version is text whatever it looks like: 1.10 is not 1.1.
_AS_TEXT = frozenset({"version", "metadata.version", "metadata.openclaw.version"})


def read(facts: Facts) -> None:
    """Fill ``facts.front`` from the document's frontmatter."""
    document = facts.page.document
    if document.front is None:
        message = "there is no frontmatter, so the file states no name, version or description of its own"
        fix = "start the file with a block ---, name:, version:, description:, ---"
        facts.report("no-frontmatter", Severity.WARNING, message, 1, fix)
        return
    above = document.front.start
    text = "\n".join(document.lines[above : document.front.stop])
    facts.front = Front(line=above + 1, present=True)
    try:
        mapping = yaml_lines.load(text, as_text=_AS_TEXT)
    except yaml_lines.BadYaml as error:
        message = f"the frontmatter cannot be read as YAML: {error}"
        fix = "quote values that hold a colon, and indent with spaces"
        facts.report("frontmatter-yaml", Severity.ERROR, message, above + error.line, fix)
        _read_plainly(facts, above)
        return
    facts.front.values = mapping.values
    facts.front.lines = {path: above + line for path, line in mapping.lines.items()}
    for path, line in mapping.twice:
        message = f"the key {path} is given twice; the last one counts"
        facts.report("duplicate-key", Severity.WARNING, message, above + line, "delete one of them")


def _read_plainly(facts: Facts, above: int) -> None:
    """Top-level ``key: value`` lines as text, for a block that is no YAML as a whole."""
    lines = facts.page.document.lines
    front = facts.front
    key = ""
    for i in facts.page.document.front or ():
        match = _KEY.match(lines[i])
        if match:
            key = match[1]
            front.lines[key] = i + 1
            value = match[2].strip()
            front.values[key] = "" if value in (">", ">-", "|", "|-") else value.strip("\"'")
        elif key and lines[i][:1] in " \t" and lines[i].strip() and isinstance(front.values[key], str):
            front.values[key] = f"{front.values[key]} {lines[i].strip()}".strip()
    front.line = above + 1
