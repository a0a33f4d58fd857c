"""Which music there is for a session: what was uploaded, else a bed that the studio makes."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from skillwire.studio.edit import MIN_SONG, Song
from skillwire.studio.intake import Received
from skillwire.studio.projects import GENERATED, Media, Projects, Session


class Songs:
    """``compose`` makes a bed of a mood and adds it to the session's media."""

    def __init__(self, projects: Projects, compose: Callable[[Session, str], Awaitable[None]]) -> None:
        self._projects = projects
        self._compose = compose

    async def fitting(self, session: Session, operation: dict[str, Any]) -> list[Song]:
        """The songs an operation may choose from. Raises ``TaskFailed`` when a bed cannot be made."""
        media = list(self._projects.media(session.id).values())
        uploaded = [song(item) for item in media if item.info.kind == "audio" and not item.generated]
        if operation.get("op") != "add_music" or any(one.duration >= MIN_SONG for one in uploaded):
            return uploaded
        from skillwire.studio.media.music import mood_for  # noqa: PLC0415 - wanted where music is

        mood, _ = mood_for(str(operation.get("query") or ""))
        if not (beds := self._beds(session, mood)):
            await self._compose(session, mood)
            beds = self._beds(session, mood)
        return beds

    def _beds(self, session: Session, mood: str) -> list[Song]:
        return [song(item) for item in self._projects.media(session.id).values() if item.id.startswith(_begin(mood))]


def generated_file(folder: Path, mood: str) -> Received:
    """A place for a bed of that mood."""
    file_id = f"{_begin(mood)}{uuid.uuid4().hex}"
    return Received(file_id, f"{mood} bed (generated)", folder / f"{file_id}.wav")


def song(media: Media) -> Song:
    """A sound file as something to lay under pictures."""
    return Song(media.id, media.name, media.info.duration, media.generated)


def _begin(mood: str) -> str:
    return f"{GENERATED}{mood}_"
