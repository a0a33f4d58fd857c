"""Removal on files: a clip's analysis, what words or marks mean in it, and its frames without what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skillwire.errors import JobFailed
from skillwire.folders import cache_dir
from skillwire.studio.effects.ahead import ahead
from skillwire.studio.effects.boxes import area
from skillwire.studio.effects.finding import asked
from skillwire.studio.effects.finding.analysis import Analysis, content_key, kept
from skillwire.studio.effects.finding.behind import seen_behind
from skillwire.studio.effects.finding.candidates import Candidate, near, pictured
from skillwire.studio.effects.finding.look import analysed
from skillwire.studio.effects.finding.sparse import Sparse
from skillwire.studio.effects.finding.targets import Removal
from skillwire.studio.effects.finding.tracks import Track
from skillwire.studio.effects.following.followed import Follower
from skillwire.studio.effects.following.marked import lasting, meant_by
from skillwire.studio.effects.lettering import search as lettering
from skillwire.studio.effects.lettering.mend import TextMender
from skillwire.studio.effects.lettering.networks import available
from skillwire.studio.effects.lettering.wish import TextWish, text_wish_of
from skillwire.studio.effects.removal.holes import Tally
from skillwire.studio.effects.removal.remove import Remover
from skillwire.studio.effects.removal.samples import Samples
from skillwire.studio.effects.upright import seconds_of, upright
from skillwire.studio.media.read import Source

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from skillwire.studio.effects.upright import Timed

# A part that is made up is told of from this share of all that was replaced.
_TOLD = 0.01
_AHEAD = 4
# Of more things than this it is not looked for them where they are seen no longer.
_FEW = 4


def analysis_of(path: Path, name: str) -> Analysis:
    """The clip's analysis, made once. Raises ``BadInput`` or ``JobFailed`` when it cannot be read."""

    def make() -> Analysis:
        sparse, samples = Sparse(path, name), samples_of(path)
        return analysed(sparse.frames(), samples.keep, samples.settle, sparse.between)

    return kept(path, cache_dir() / "analyses", make)


def samples_of(path: Path) -> Samples:
    """Where the pictures for the plates of a clip are kept."""
    return Samples(cache_dir() / "plates", content_key(path))


def vanished(
    removal: Removal,
    source: Source,
    path: Path,
    shown: Iterator[VideoFrame],
    in_file: Callable[[float], float],
    span: tuple[float, float],
    remark: Callable[[str], None],
) -> Generator[VideoFrame, None, None]:
    """Frames of the timeline, upright, without what is removed; made ahead in a thread of their own.

    ``source``: what they come from, of the file at ``path``. ``in_file`` gives the time in the file (seconds) of a time on the timeline;
    ``span``: the seconds of the file in use. ``remark`` is told at the end when pixels had to be invented.
    """
    timed: Iterator[Timed] = ((in_file(seconds_of(frame)), frame) for frame in upright(source, shown))
    tallies = []
    with_threads: list[Generator[Timed, None, None]] = []
    if removal.tracks or removal.marks:
        analysis = analysis_of(path, source.name)
        remover = Remover(analysis, targets_of(removal, analysis, Follower(path, source.name, analysis)))
        remover.prepare(lambda times: near(path, source.name, times), span, samples_of(path).of)
        timed = remover.mended(timed)
        with_threads.append(timed)
        tallies.append(remover.tally)
    if removal.texts:
        found = lettering.found_in(path, source.name)
        mender = TextMender(found, lettering.lines_of(found, removal.texts))
        timed = mender.over(timed)
        tallies.append(mender.tally)

    def mended() -> Iterator[VideoFrame]:
        try:
            yield from (frame for _, frame in timed)
        finally:
            for stage in with_threads:
                stage.close()  # before the file is closed that its threads read
        total = Tally(sum(one.replaced for one in tallies), sum(one.invented for one in tallies))
        if total.share >= _TOLD:
            remark(
                f"about {total.share:.0%} of what was taken out of {source.name} hides what no picture of it shows; "
                "that part is made up"
            )

    return ahead(mended(), _AHEAD)


def targets_of(removal: Removal, analysis: Analysis, follower: Follower | None = None) -> list[Track]:
    """The tracks that are meant; with a ``follower`` what was marked and is not known is followed where it goes by itself,
    and a few known things where the detector lost them.

    Raises ``JobFailed`` for a click on nothing known, or a track that is not there.
    """
    known = {track.id: track for track in analysis.tracks}
    missing = [number for number in removal.tracks if number not in known]
    if missing:
        raise JobFailed("the timeline names a thing that is not in this clip", fix="say again what is to be removed")
    found = [known[number] for number in removal.tracks]
    if follower is not None and len(found) <= _FEW:
        found = [lasting(track, analysis, follower) for track in found]
    for number, mark in enumerate(removal.marks):
        track = meant_by(mark, analysis, -1 - number, follower)
        if all(track.id != other.id for other in found):
            found.append(track)
    return found


def search(path: Path, name: str, words: str, span: tuple[float, float]) -> dict[str, Any]:
    """What of a clip words mean, as JSON values.

    ``tracks``, ``texts``, ``marks``: what of a ``Removal`` is meant for certain; ``candidates``: among which the user must choose, as
    ``candidates.pictured`` gives them; ``unknown``: words for things the detector has no class for; ``unreadable``: words for
    text, which only an extra that is not installed finds; ``absent``: known things that are not seen; ``found``: text that is meant, as
    ``lettering.told``; ``seen``: which part of what stands behind the things another picture shows, 0 to 1, ``bared``: which part of the
    text does not keep its place all the time; ``margin``: how clear the choice was.
    """
    meant = _Meant(path, name, span)
    wishes = [(part, text_wish_of(part)) for part in asked.parts(words)]
    things = [part for part, wish in wishes if wish is None]
    for part, wish in wishes:
        if wish is not None:
            meant.text(part, wish)
    # Where all are things they are read as one: one may be an exception from another.
    for request in [words] if len(things) == len(wishes) else things:
        meant.things(request)
    return meant.to_json()


class _Meant:
    """What was found for the parts of a request."""

    def __init__(self, path: Path, name: str, span: tuple[float, float]) -> None:
        self._clip = path, name
        self._span = span
        self._things = asked.Meant()
        self._texts = lettering.TextChoice()
        self._unreadable: list[str] = []
        self._absent: list[str] = []
        self._margin = 1.0

    def things(self, words: str) -> None:
        """A part of the request, or all of it, that means things."""
        self._things.add(asked.meant(words, analysis_of(*self._clip), self._span))

    def text(self, part: str, wish: TextWish) -> None:
        """A part of the request that means text."""
        if not available():
            self._unreadable.append(part.strip())
            return
        choice = lettering.chosen(wish, lettering.found_in(*self._clip), self._span)
        self._margin = min(self._margin, choice.margin)
        self._texts.groups += choice.groups
        self._texts.candidates += choice.candidates
        if not choice.groups and not choice.candidates:
            self._absent.append(part.strip())

    def to_json(self) -> dict[str, Any]:
        """What ``search`` tells."""
        things = self._things
        candidates = [_candidate(track) for track in things.candidates]
        size = (1, 1)
        if self._texts.groups or self._texts.candidates:
            size = lettering.found_in(*self._clip).size
        candidates += [lettering.candidate(group, size) for group in self._texts.candidates]
        seen = 1.0
        if tracks := things.tracks or things.candidates[:1]:
            seen = seen_behind(analysis_of(*self._clip), tracks)
        return {
            "tracks": [track.id for track in things.tracks],
            **lettering.meant(self._texts.groups, size),
            "candidates": pictured(*self._clip, candidates),
            "unknown": things.unknown,
            "unreadable": self._unreadable,
            "absent": things.absent + self._absent,
            "found": lettering.told(self._texts.groups),
            "margin": round(min(things.margin, self._margin), 3),
            "seen": round(seen, 3),
            "bared": round(lettering.bared(self._texts.groups), 3),
        }


def _candidate(track: Track) -> Candidate:
    """A track at the moment it is seen best."""
    moment = int(np.argmax(np.asarray(track.scores) * np.sqrt(area(np.stack(track.boxes)))))
    return Candidate({"track": track.id}, track.label, track.times[moment], track.boxes[moment])


def known(path: Path, name: str, removal: Removal) -> dict[str, Any]:
    """What ``search`` tells, of things already chosen."""
    told: dict[str, Any] = {"seen": 1.0, "bared": 1.0, "margin": 1.0, "found": []}
    if removal.tracks or removal.marks:
        analysis = analysis_of(path, name)
        told["seen"] = round(seen_behind(analysis, targets_of(removal, analysis, Follower(path, name, analysis))), 3)
    if removal.texts:
        groups = lettering.groups_with(lettering.found_in(path, name), removal.texts)
        told |= {"found": lettering.told(groups), "bared": round(lettering.bared(groups), 3)}
    return told
