"""Which things in the session's clips a request means, the questions that were asked back, and what to say about either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skillwire.language.detect import detect
from skillwire.language.normalise import tidy
from skillwire.studio.draft import Clip, Draft
from skillwire.studio.edit import Gone
from skillwire.studio.effects.finding.targets import Removal, from_json
from skillwire.studio.marks import marks_of
from skillwire.studio.outcome import Unsupported, describe
from skillwire.studio.pool import Pool, TaskFailed
from skillwire.studio.projects import Projects, Session
from skillwire.studio.wording import say

if TYPE_CHECKING:
    from skillwire.studio.understand.read import Reading

_REMEMBERED = 1000
_MOST = 9
# So much of a message is told back.
_SHOWN = 80
# An answer to "which one?": numbers and hardly anything else.
_ANSWER = re.compile(
    r"(?:(?:number|no|nr|n|num|option|the|#|第|numero|nummer|número|numéro)[.\s°º]*)*"
    r"(\d(?:\s*(?:,|and|und|y|et|e|和|と|、|&|\+)\s*#?\d)*)\s*(?:个|番|号|please|bitte|请)?[.!。]?",
    re.IGNORECASE,
)
# Below this a sentence says that the choice was not a clear one.
_CLEAR = 0.5
# What is seen behind a thing by less than this had to be invented to a part worth telling.
_ALL_SEEN = 0.97
# What is likely seen behind text that stands all the time, and behind text that comes and goes; which it is tells only the render.
_STANDING_TEXT, _PASSING_TEXT = 0.6, 0.9
# What a candidate tells of the removal it stands for; the rest is shown.
_MEANT = frozenset({"texts", "marks"})


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked back: the user's words, and for each number the media it stands for and what goes of it."""

    target: str
    choices: tuple[tuple[str, Removal], ...]


class Removals:
    """``pool`` looks into clips."""

    def __init__(self, projects: Projects, pool: Pool) -> None:
        self._projects = projects
        self._pool = pool
        self._asked: dict[str, _Question] = {}

    def answered(self, session: Session, text: str, marks: Sequence[dict[str, Any]] = ()) -> Reading | None:
        """What a message means when it points at places, or only answers the question asked last: "2", "1 and 3"."""
        if marks := tuple(marks) or marks_of(text):
            return _reading({"op": "remove_object", "target": text[:_SHOWN], "marks": list(marks)}, text)
        question = self._asked.get(session.id)
        match = _ANSWER.fullmatch(tidy(text)) if question else None
        if question is None or match is None:
            return None
        picked = [int(one) for one in re.findall(r"\d", match[1])]
        return _reading({"op": "remove_object", "target": question.target, "pick": picked}, question.target)

    async def fitting(self, session: Session, draft: Draft, operation: dict[str, Any], language: str) -> Gone | None:
        """What an operation takes out of which media; ``None`` when it concerns no thing in the picture.

        Raises ``Unsupported`` when there is no such thing or the user must choose, ``TaskFailed`` when a clip cannot be read.
        """
        if operation.get("op") != "remove_object":
            return None
        question = self._asked.pop(session.id, None)
        if operation.get("marks"):
            return await self._pointed(session, draft, operation, language)
        if operation.get("pick"):
            return await self._picked(session, draft, operation, question, language)
        target = str(operation.get("target") or "")
        findings = await self._looked(session, draft, words=target)
        asked = [(media, one) for media, found in findings.items() for one in found["candidates"]][:_MOST]
        if asked:
            choices = tuple((media, _removal_of(one)) for media, one in asked)
            self._remember(session, _Question(target, choices))
            shown = [
                {"number": number} | {name: one[name] for name in one if name not in _MEANT}
                for number, (_, one) in enumerate(asked, 1)
            ]
            listed = "; ".join(_described(one, language) for one in shown)
            raise Unsupported(target, "object_candidates", details={"candidates": shown}, list=listed)
        removed = {media: meant for media, found in findings.items() if (meant := _removal_of(found)) != Removal()}
        unreadable = sorted({word for found in findings.values() for word in found.get("unreadable", ())})
        unknown = sorted({word for found in findings.values() for word in found["unknown"]})
        # What one clip lacks another may show.
        absent = sorted(set.intersection(*({*found["absent"]} for found in findings.values()))) if findings else []
        if not removed:
            if unreadable:
                raise Unsupported(", ".join(unreadable), "text_unreadable")
            raise Unsupported(
                ", ".join(unknown or absent or [target]), "object_unknown" if unknown else "object_not_seen"
            )
        kept = [*unreadable, *unknown, *absent]
        left = say("object_kept", language, what=", ".join(kept)) if kept else ""
        return _gone(removed, list(findings.values()), target, left, language)

    async def _pointed(self, session: Session, draft: Draft, operation: dict[str, Any], language: str) -> Gone:
        """What marks mean, in the first clip of the timeline or the ``media`` they name."""
        marks: dict[str, list[dict[str, Any]]] = {}
        try:
            for one in operation["marks"]:
                named = {name: value for name, value in one.items() if name not in {"mask", "media"}}
                if "mask" in one:
                    named |= await self._pool.run({"task": "read_mask", "picture": one["mask"]})
                media = one.get("media", draft.video[0].media)
                if media not in {clip.media for clip in draft.video}:
                    raise Unsupported(operation["target"], "object_not_looked", why="there is no such clip")
                marks.setdefault(media, []).append(named)
            removed = {media: from_json({"marks": found}) for media, found in marks.items()}
            findings = await self._looked(session, draft, removed=removed)
        except TaskFailed as failure:
            raise Unsupported(operation["target"], "object_not_looked", why=failure.message) from None
        return _gone(removed, list(findings.values()), say("object_marked", language), "", language)

    async def _picked(
        self, session: Session, draft: Draft, operation: dict[str, Any], question: _Question | None, language: str
    ) -> Gone:
        numbers = operation["pick"]
        if question is None or any(not 1 <= number <= len(question.choices) for number in numbers):
            if question is not None:
                self._remember(session, question)
            raise Unsupported(describe(operation), "object_no_such_number")
        removed: dict[str, Removal] = {}
        for number in numbers:
            media, meant = question.choices[number - 1]
            removed[media] = removed.get(media, Removal()).and_also(meant)
        findings = await self._looked(session, draft, removed=removed)
        return _gone(removed, list(findings.values()), question.target, "", language)

    async def _looked(
        self, session: Session, draft: Draft, *, words: str = "", removed: dict[str, Removal] | None = None
    ) -> dict[str, dict[str, Any]]:
        """What a worker finds in each of the clips' files: by words, or about what was chosen in them."""
        media = self._projects.media(session.id)
        findings = {}
        for name in dict.fromkeys(clip.media for clip in draft.video):
            if name not in media or (removed is not None and name not in removed):
                continue
            task: dict[str, Any] = {"task": "find_things", "path": str(media[name].path), "name": media[name].name}
            task["span"] = _span([clip for clip in draft.video if clip.media == name])
            task |= {"words": words} if removed is None else {"removed": removed[name].to_json()}
            findings[name] = await self._pool.run(task)
        return findings

    def _remember(self, session: Session, question: _Question) -> None:
        self._asked[session.id] = question
        while len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]


def _reading(operation: dict[str, Any], text: str) -> Reading:
    from skillwire.studio.understand.read import Reading  # noqa: PLC0415 - the word lists load with the first use

    return Reading((operation,), (), detect(text), "")


def _removal_of(found: dict[str, Any]) -> Removal:
    """What goes of a clip by what a worker tells of it or of a candidate."""
    tracks = [found["track"]] if "track" in found else found.get("tracks", [])
    return from_json({"tracks": tracks, "marks": found.get("marks", []), "texts": found.get("texts", [])})


def _gone(removed: dict[str, Removal], findings: list[dict[str, Any]], what: str, left: str, language: str) -> Gone:
    """The change, and how sure it is: by how clearly it was chosen, and by how much of what is behind shows somewhere."""
    seen = min(found["seen"] for found in findings)
    margin = min(found["margin"] for found in findings)
    count = sum(len(one.tracks) + len(one.marks) + len(one.texts) for one in removed.values())
    notes = []
    texts = [text for found in findings for text in found.get("found", ())]
    if texts:
        notes.append(say("text_found", language, list="; ".join(_read(text, language) for text in texts)))
    if seen < _ALL_SEEN:
        notes.append(say("object_invented", language, share=f"{1 - seen:.0%}"))
    behind = seen
    if texts:
        bared = min(found.get("bared", 1.0) for found in findings)
        behind = min(seen, _STANDING_TEXT + (_PASSING_TEXT - _STANDING_TEXT) * bared)
        notes.append(say("text_invented" if bared < _ALL_SEEN else "text_partly", language))
    if margin < _CLEAR:
        notes.append(say("object_unclear", language))
    values = {
        "what": what,
        "count": count,
        "sure": f"{_confidence(behind, margin):.0%}",
        "notes": "".join([*notes, left]),
    }
    return Gone(removed, values)


def _confidence(seen: float, margin: float) -> float:
    """From 0 to 1. Invented pixels weigh most; a choice of a lead of half a score or more is as good as certain."""
    return max(0.05, (0.25 + 0.73 * seen) * (0.7 + 0.3 * min(1.0, margin / _CLEAR)))


def _read(text: dict[str, Any], language: str) -> str:
    """A group of lines for a sentence: its kind, how many, and what they say."""
    more = ", …" if text["lines"] > len(text["says"]) else ""
    said = ", ".join(f"“{line}”" for line in text["says"]) + more
    return say(f"text_{text['kind']}", language, count=text["lines"], said=said)


def _span(clips: Sequence[Clip]) -> list[float]:
    ends = [
        clip.source_out if clip.source_out is not None else clip.source_in + clip.duration * clip.speed
        for clip in clips
    ]
    return [min(clip.source_in for clip in clips) / 1000, max(ends) / 1000]


def _described(candidate: dict[str, Any], language: str) -> str:
    middle = (candidate["box"][0] + candidate["box"][2]) / 2
    place = "left" if middle < 0.36 else "right" if middle > 0.64 else "middle"
    at = candidate["at"]
    said = f" ({candidate['label']})" if "“" in candidate["label"] else ""
    return say(f"object_{place}", language, number=candidate["number"], at=f"{int(at // 60)}:{at % 60:04.1f}") + said
