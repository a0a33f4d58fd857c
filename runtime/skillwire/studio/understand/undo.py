"""``undo {}``: the last change taken back."""

from __future__ import annotations

from skillwire.studio.understand.clause import Clause, Operation


def read(clause: Clause) -> list[Operation]:
    """Reads "Undo", "step back", "cancel the last edit", "get rid of what you just did"."""
    if clause.has("undo"):
        clause.spend("undo", "change", "back", "remove")
        return [{"op": "undo"}]
    if clause.has("change") and clause.has("back", "remove", "removed", "no", "not"):
        clause.spend("change", "back", "remove", "removed", "no", "not")
        return [{"op": "undo"}]
    return []
