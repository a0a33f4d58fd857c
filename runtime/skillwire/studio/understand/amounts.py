"""How much: factors, percentages, fractions and bare numbers, with the direction that a clause gives them."""

from __future__ import annotations

from skillwire.studio.understand.clause import Clause

_AMOUNTS = ("factor", "percent", "fraction", "plain")


def tidy(value: float) -> int | float:
    """Whole factors as an integer, others to three digits."""
    value = round(value, 3)
    return int(value) if value == int(value) else value


def level(clause: Clause) -> int | float | None:
    """A loudness between 0 and 1: "at 20%", "half volume", "0.6 volume"; spent when it is one."""
    for kind in _AMOUNTS:
        for place in clause.places(kind):
            value = clause.items[place].value
            if kind == "plain" and value == int(value) and not clause.has("volume"):
                continue
            if 0 <= value <= 1:
                clause.spend_places([place])
                return tidy(value)
    return None


def change(clause: Clause, up: tuple[str, ...], down: tuple[str, ...]) -> int | float | None:
    """The factor that a clause asks for, and the amount spent; ``None`` without an amount.

    ``up`` and ``down``: the kinds that say which way. "10 % softer" is 0.9, "lower it to 40 %" 0.4, "twice as slow" 0.5.
    """
    place = next((place for kind in _AMOUNTS for place in clause.places(kind)), None)
    if place is None:
        return None
    kind, value = clause.items[place].kind, float(clause.items[place].value)
    rising, falling = clause.has(*up), clause.has(*down)
    absolute = _absolute(clause, place, (*up, *down))
    clause.spend_places([place])
    if kind == "factor" and value == 1 and not absolute and clause.text_at(place).endswith("倍"):
        value = 2.0  # 快一倍: faster by once as much
    if kind == "plain" and value > 8:
        kind, value = "percent", value / 100
    if kind in {"percent", "fraction"} and not absolute and rising != falling:
        # "Half as fast" names a share, "50 % slower" a step away from what it was; Chinese says 慢一半 for the step.
        if kind == "fraction" and not _is_step(clause, place):
            return tidy(value)
        return tidy(1 + value if rising else max(1 - value, 0))
    if falling and not rising and value > 1:
        return tidy(1 / value)
    return tidy(value)


def _absolute(clause: Clause, place: int, directions: tuple[str, ...]) -> bool:
    """Whether the amount is where to go to ("to 40 %"), rather than by how much ("40 % louder")."""
    following = clause.items[place + 1] if place + 1 < len(clause.items) else None
    if clause.language == "ja":
        return following is not None and following.kind in {"to", "into"}
    if following is not None and following.kind in directions and clause.language != "zh":
        return False
    before = clause.items[place - 1] if place else None
    return before is not None and before.kind in {"to", "into"} and before.value != "by"


def _is_step(clause: Clause, place: int) -> bool:
    """Whether a fraction is a step: "by a third", "a quarter faster", but "slow motion, a quarter speed" is a share."""
    if clause.has("by") or clause.language == "zh":
        return True
    last = place == len(clause.items) - 1
    measured = not last and clause.items[place + 1].kind in {"speed", "volume", "audio", "prep"}
    return clause.text_at(place).startswith("a ") and not measured
