"""Which background a request means, whether anybody stands before it, and taking the user's own files into the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from skillwire.studio.answers import ApiError
from skillwire.studio.draft import Draft
from skillwire.studio.edit import Behind
from skillwire.studio.effects.backdrop.choices import Background, choose, own_backgrounds, scenes, shown_names
from skillwire.studio.media.forms import transparent_form
from skillwire.studio.outcome import Unsupported, describe
from skillwire.studio.pool import Pool
from skillwire.studio.projects import Media, Projects, Session
from skillwire.studio.wording import say

# Answers of this many files about who is in them are remembered.
_REMEMBERED = 1000


class Backgrounds:
    """``folder``: the user's own pictures and videos, by name. ``take_in`` adds one of them to a session; ``pool`` looks into clips."""

    def __init__(
        self, projects: Projects, pool: Pool, folder: Path, take_in: Callable[[Session, Path], Awaitable[Media]]
    ) -> None:
        self._projects = projects
        self._pool = pool
        self._folder = folder
        self._take_in = take_in
        self._people: dict[str, bool] = {}

    async def fitting(self, session: Session, draft: Draft, operation: dict[str, Any], language: str) -> Behind | None:
        """What an operation chooses; ``None`` when it concerns no background.

        Raises ``Unsupported`` when there is no such background or nobody in the clips, ``TaskFailed`` when a clip cannot be read.
        """
        if operation.get("op") != "replace_background":
            return None
        chosen = self._named(session, draft, str(operation.get("with") or ""))
        own = own_backgrounds(self._folder)
        if chosen is None:
            names = say("own_backgrounds", language, names=shown_names(path.name for path in own)) if own else ""
            raise Unsupported(describe(operation), "no_such_background", scenes=shown_names(scenes()), own=names)
        media = self._projects.media(session.id)
        shown = {clip.media for clip in draft.video} - {chosen.value}
        people = frozenset([one for one in sorted(shown) if one in media and await self._has_people(media[one])])
        if not people:
            raise Unsupported(describe(operation), "nobody_seen")
        if chosen.kind == "file":
            try:
                taken = await self._take_in(session, Path(chosen.value))
            except (ApiError, OSError) as error:
                cause = error.message if isinstance(error, ApiError) else error.strerror
                raise Unsupported(describe(operation), "background_unreadable", cause=cause) from None
            return Behind(Background("media", taken.id), taken.name, people)
        name = media[chosen.value].name if chosen.kind == "media" else ""
        if chosen.kind == "transparent":
            name = transparent_form(media[one].info.video_codec for one in people).title
        return Behind(chosen, name, people)

    def _named(self, session: Session, draft: Draft, words: str) -> Background | None:
        """Of the session's files those may stand behind somebody that are not all there is to see."""
        media = list(self._projects.media(session.id).values())
        usable = {one.id: one.name for one in media if one.info.kind == "video"}
        # After the videos: "my picture" means the last that came, and a picture is meant more often.
        usable |= {one.id: one.name for one in media if one.info.kind == "image"}
        seen = {clip.media for clip in draft.video}
        if len(seen) == 1:
            usable = {key: name for key, name in usable.items() if key not in seen}
        return choose(words, usable, own_backgrounds(self._folder))

    async def _has_people(self, media: Media) -> bool:
        if media.id not in self._people:
            task = {"task": "find_people", "path": str(media.path), "name": media.name}
            self._people[media.id] = (await self._pool.run(task))["found"]
            while len(self._people) > _REMEMBERED:
                del self._people[next(iter(self._people))]
        return self._people[media.id]
