"""A whole request about things in the picture → the tracks that go: several kinds at once, and exceptions from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from skillwire.language.quotes import find_quotes, mask
from skillwire.studio.effects.finding.analysis import Analysis
from skillwire.studio.effects.finding.pick import chosen
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.finding.wish import ANY, Wish, but_for, wish_of

_AND = re.compile(
    r"\s+(?:and|und|y|et|e|plus|as well as)\s+(?:the\s+|der\s+|die\s+|das\s+|los?\s+|las?\s+|les?\s+|os?\s+)?|[,;、，；]|以及|还有|和|と"
)
_MOST_CANDIDATES = 9


@dataclass(slots=True)
class Meant:
    """``tracks``: what is meant for certain; ``candidates``: among which the user must choose; ``unknown``: words for things the
    detector has no class for; ``absent``: known things that are not seen; ``margin``: how clear the choice was, 0 to 1.
    """

    tracks: list[Track] = field(default_factory=list)
    candidates: list[Track] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    margin: float = 1.0

    def add(self, other: Meant) -> None:
        """Takes in what something else means, each track once."""
        self.margin = min(self.margin, other.margin)
        for here, more in ((self.tracks, other.tracks), (self.candidates, other.candidates)):
            here += [track for track in more if all(track.id != known.id for known in here)]
        self.unknown += other.unknown
        self.absent += other.absent


def meant(words: str, analysis: Analysis, span: tuple[float, float]) -> Meant:
    """What of a clip words mean; ``span``: the part of the file in use, in seconds."""
    exception = but_for(words)
    if exception is not None:
        return _besides(*exception, analysis, span)
    found = Meant()
    for part in parts(words):
        _add(found, wish_of(part), part, analysis, span)
    return found


def _besides(goes: str, stays: str, analysis: Analysis, span: tuple[float, float]) -> Meant:
    """All that ``goes`` names, or all of the kind, but what ``stays``. Where it is not clear what stays, the user chooses what goes."""
    kept = Meant()
    for part in parts(stays):
        _add(kept, _of_kind(wish_of(part), wish_of(goes)), part, analysis, span)
    found = Meant(unknown=kept.unknown, margin=kept.margin)
    wishes = [(part, wish_of(part)) for part in parts(goes)]
    if not any(wish.group for _, wish in wishes):
        groups = dict.fromkeys(track.group for track in (*kept.tracks, *kept.candidates))
        wishes = [(stays, Wish(group, many=True)) for group in groups]
    for part, wish in wishes:
        _add(found, replace(wish, many=True), part, analysis, span)
    if kept.unknown or kept.candidates or kept.absent:
        everything = {track.id: track for track in (*found.tracks, *found.candidates)}
        found.candidates, found.tracks = list(everything.values())[:_MOST_CANDIDATES], []
        # What is to stay was not told from the others: no complaint but a question.
        found.unknown = [] if found.candidates else kept.unknown
        return found
    spared = {track.id for track in kept.tracks}
    found.tracks = [track for track in found.tracks if track.id not in spared]
    found.candidates = [track for track in found.candidates if track.id not in spared]
    return found


def _of_kind(wish: Wish, whole: Wish) -> Wish:
    """What stays, of the kind that goes where only its place or look is told: "everyone except the one on the left"."""
    return replace(wish, group=whole.group, label=whole.label) if wish.group == ANY and whole.group else wish


def parts(words: str) -> list[str]:
    """What a request names, one by one; what is quoted stays whole."""
    plain, found, at = mask(words, find_quotes(words)), [], 0
    for border in _AND.finditer(plain):
        found.append(words[at : border.start()].strip())
        at = border.end()
    return [part for part in (*found, words[at:].strip()) if part]


def _add(found: Meant, wish: Wish, part: str, analysis: Analysis, span: tuple[float, float]) -> None:
    if not wish.group:
        found.unknown.append(part)
        return
    choice = chosen(wish, analysis, span)
    absent = [] if choice.tracks or choice.candidates else [part]
    found.add(Meant(list(choice.tracks), list(choice.candidates), absent=absent, margin=choice.margin))
