"""Reads the frames of a message stream: Google ADK's event shape, heartbeats, and errors in mid-stream.

Source of the shape: ADK's ``Event`` as its ``api_server`` writes it, snake_case or camelCase.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from skillwire.engine.effects import Frame
from skillwire.engine.wording import plain


@dataclass(frozen=True, slots=True)
class Part:
    """What one frame says: text (whole or a piece), an error, or neither (a tool event, a heartbeat).

    ``candidates``: among which the user is asked to choose by number.
    """

    text: str = ""
    partial: bool = False
    error: str = ""
    heartbeat: bool = False
    candidates: tuple[dict[str, Any], ...] = ()


def read_frame(frame: Frame) -> Part:
    """What a frame says; a frame of an unknown shape counts as a sign of life, never as text for the user."""
    data = frame.data.strip()
    if not data or data.lower().strip('"') in ("heartbeat", "ping", "[done]"):
        return Part(heartbeat=True)
    try:
        event = json.loads(data)
    except ValueError:
        broken = frame.event == "error" or '"error"' in data[:40] or data[:40].startswith("{'error'")
        return Part(error=plain(data)[:500]) if broken else Part(heartbeat=True)
    if not isinstance(event, Mapping):
        return Part(error=plain(str(event))[:500]) if frame.event == "error" else Part(heartbeat=True)
    error = _error(event, frame.event)
    if error:
        return Part(error=plain(error)[:500])
    text = "".join(_texts(event))
    candidates = _candidates(event)
    if candidates:
        return Part(text=plain(text), candidates=candidates)
    if not text:
        return Part(heartbeat=event.get("type") == "heartbeat")
    return Part(text=plain(text), partial=bool(event.get("partial")))


def _error(event: Mapping[str, Any], name: str) -> str:
    message = event.get("errorMessage") or event.get("error_message")
    code = event.get("errorCode") or event.get("error_code")
    if message or code:
        return str(message or code)
    error = event.get("error")
    if isinstance(error, Mapping):
        return str(error.get("message") or error)
    if isinstance(error, str) and error:
        return error
    return str(event.get("message") or event) if name == "error" else ""


def _candidates(event: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """What a tool's result offers to choose from: objects with a whole ``number`` each."""
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, Mapping) else None
    found: list[dict[str, Any]] = []
    for part in parts if isinstance(parts, list) else ():
        result = part.get("functionResponse", part.get("function_response")) if isinstance(part, Mapping) else None
        response = result.get("response") if isinstance(result, Mapping) else None
        offered = response.get("candidates") if isinstance(response, Mapping) else None
        if isinstance(offered, list):
            found += [dict(one) for one in offered if isinstance(one, Mapping) and type(one.get("number")) is int]
    return tuple(found)


def _texts(event: Mapping[str, Any]) -> list[str]:
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, Mapping) else None
    if not isinstance(parts, list) or (isinstance(content, Mapping) and content.get("role") == "user"):
        return []
    return [
        part["text"]
        for part in parts
        if isinstance(part, Mapping) and isinstance(part.get("text"), str) and not part.get("thought")
    ]


@cache
def _passing_trouble() -> re.Pattern[str]:
    phrases = json.loads(files("skillwire.engine").joinpath("passing_trouble.json").read_text(encoding="utf-8"))
    return re.compile("|".join(map(re.escape, phrases)), re.IGNORECASE)


@dataclass(slots=True)
class Transcript:
    """Joins the texts of a stream once: pieces until their whole arrives, and the whole instead of its pieces.

    A text of passing trouble is held back until another follows; as the last one after normal texts it says nothing true.
    """

    said: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    held: str = ""

    def add(self, part: Part) -> tuple[str, ...]:
        """Take a frame's text in; returns the whole texts that are to be told now, in order."""
        if not part.text:
            return ()
        if part.partial:
            self.pieces.append(part.text)
            return ()
        # A whole text repeats the pieces before it; pieces that it does not repeat are a text of their own.
        joined = "".join(self.pieces)
        self.pieces.clear()
        whole = part.text if not joined or joined.strip() in part.text else f"{joined}\n{part.text}"
        return self._keep(whole)

    def close(self) -> tuple[str, ...]:
        """The texts that are left when the stream ends."""
        joined = "".join(self.pieces)
        self.pieces.clear()
        return self._keep(joined)

    def _keep(self, text: str) -> tuple[str, ...]:
        text = text.strip()
        if not text or text == self.held or (self.said and self.said[-1] == text):
            return ()
        if self.said and _passing_trouble().search(text):
            self.held = text
            return ()
        told = (self.held, text) if self.held else (text,)
        self.held = ""
        self.said += told
        return told
