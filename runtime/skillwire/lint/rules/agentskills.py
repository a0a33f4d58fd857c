"""The Agent Skills specification, one rule a part of it; the checks themselves stand in ``spec/agentskills.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from skillwire.lint.context import Context
from skillwire.lint.registry import Hit, check
from skillwire.spec.agentskills import FIELDS, OPENCLAW_FIELDS, Frontmatter, Violation, violations


def _register(field: str) -> None:
    @check(f"spec-{field}")
    def of_field(context: Context) -> Iterator[Hit]:
        for violation in _violations(context):
            if violation.rule == field:
                yield Hit(violation.line, violation.message)


for _field in ("name", "description", "compatibility", "license", "allowed-tools", "metadata"):
    _register(_field)


@check("spec-fields")
def spec_fields(context: Context) -> Iterator[Hit]:
    """Top-level fields that the specification does not know."""
    for key in context.front.values:
        if key not in FIELDS:
            yield Hit(context.key_line(key), f"the specification has no field {key!r}")


@check("unknown-field")
def unknown_field(context: Context) -> Iterator[Hit]:
    """Top-level fields that neither the specification nor OpenClaw knows."""
    for key in context.front.values:
        if key not in OPENCLAW_FIELDS:
            yield Hit(context.key_line(key), f"nothing is known to read the field {key!r}")


@check("spec-metadata-values")
def spec_metadata_values(context: Context) -> Iterator[Hit]:
    """Metadata that is more than text by text."""
    metadata = context.front.values.get("metadata")
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if not isinstance(value, str):
            kind = {dict: "a mapping", list: "a list", bool: "yes or no", type(None): "nothing"}.get(
                type(value), "a number"
            )
            yield Hit(context.key_line(f"metadata.{key}", "metadata"), f"metadata.{key} is {kind}; values must be text")


def _violations(context: Context) -> Iterable[Violation]:
    if not context.front.present:
        return ()
    # In this format every scalar is text: a name such as 123 is no number.
    fields = {k: str(v) if isinstance(v, (int, float)) else v for k, v in context.front.values.items()}
    lines = {key: context.key_line(key) for key in fields}
    # The fields themselves are judged one by one above.
    return violations(Frontmatter(fields, lines, ""), context.folder, frozenset(fields))
