"""What the user wants behind the people, from their words: a colour, blur, a scene, a file, or nothing at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

from skillwire.language.normalise import fold, tidy
from skillwire.language.phrases import flatten, whole_words

# Files of the user's own folder that can stand behind somebody.
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
VIDEOS = frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"})
KINDS = frozenset({"blur", "transparent", "scene", "colour", "media"})
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", re.IGNORECASE)
_WORD = re.compile(r"\w")
_LEVELS = ("light", "medium", "strong")
_MAX_VALUE = 1000
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Background:
    """What stands behind the people.

    ``kind``: ``blur`` (value ``light``, ``medium``, ``strong``), ``transparent`` (no value), ``scene`` (its name), ``colour``
    (``#rrggbb``), ``media`` (id of a file of the session). ``file`` (path of one in the user's folder) stands in no draft: such a
    file is taken into the session first.
    """

    kind: str
    value: str = ""

    def to_json(self) -> dict[str, str]:
        """The record as JSON values."""
        return {"kind": self.kind, "value": self.value}


def from_json(data: Any) -> Background:
    """A background from its JSON. Raises ``ValueError`` with what is wrong."""
    if not isinstance(data, Mapping):
        raise ValueError("background is not an object")  # noqa: TRY004 - all that is wrong with a draft is a ValueError
    kind, value = data.get("kind"), data.get("value", "")
    if kind not in KINDS or not isinstance(value, str) or len(value) > _MAX_VALUE:
        raise ValueError(f"background.kind is none of {', '.join(sorted(KINDS))}, or its value is no text")
    allowed = {"blur": value in _LEVELS, "scene": value in scenes(), "colour": _HEX.fullmatch(value) is not None}
    if not allowed.get(kind, True):
        raise ValueError(f"background.value is unknown to a {kind}")
    return Background(kind, value)


def choose(words: str, uploads: Mapping[str, str], folder: Sequence[Path]) -> Background | None:
    """The background that ``words`` name; ``None`` when there is none of that name.

    ``uploads``: id → name of the session's pictures and videos that may stand behind people, oldest first. ``folder``: the user's own
    backgrounds. A file's own name counts first, then the longest name that is found; of equals the last one, as "green
    forest" is a forest. A colour must stand alone ("red sports car" is no wall of red), and so must a single character.
    """
    text = fold(tidy(words))
    named = [(_name_in(name, text), Background("media", media)) for media, name in uploads.items()]
    named += [(_name_in(path.name, text), Background("file", str(path))) for path in folder]
    best = max(named, key=lambda one: one[0], default=(0, None))
    if best[0]:
        return best[1]
    if code := _HEX.search(text):
        digits = code[1] if len(code[1]) == 6 else "".join(digit * 2 for digit in code[1])
        return Background("colour", f"#{digits.lower()}")
    phrases, pattern = _lexicon()
    found = [(match.group(), *phrases[match.group()]) for match in pattern.finditer(text)]
    nothing_else = not _WORD.search(pattern.sub(" ", text))
    for kind in ("blur", "transparent", "upload", "scene", "colour", "mood"):
        fitting = [
            (len(phrase), place, value)
            for place, (phrase, of, value) in enumerate(found)
            if of == kind and (nothing_else or not (kind == "colour" or len(phrase) == 1))
        ]
        if fitting and kind != "upload":
            return Background("scene" if kind == "mood" else kind, max(fitting)[2])
        if fitting and uploads:
            return Background("media", list(uploads)[-1])
    return None


def scenes() -> list[str]:
    """Names of the scenes that the package draws."""
    return list(_data()["scene"])


def own_backgrounds(folder: Path) -> list[Path]:
    """Pictures and videos that the user keeps as backgrounds, by name; empty when there is no such folder."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    usable = (path for path in entries if path.suffix.lower() in PICTURES | VIDEOS and path.is_file())
    return [path for path, _ in zip(usable, range(_MOST_FILES), strict=False)]


def shown_names(names: Iterable[str]) -> str:
    """Names for a sentence: ``living room, beach``."""
    return ", ".join(name.replace("_", " ") for name in names)


def _name_in(name: str, text: str) -> int:
    """How much of the text a file's name is, whole or without its suffix; 0 when it is not named."""
    for form in (name, PurePath(name).stem, PurePath(name).stem.replace("_", " ").replace("-", " ")):
        folded = fold(tidy(form))
        if len(folded) > 1 and re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", text):
            return len(folded)
    return 0


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("backgrounds.json").read_text("utf-8"))
    return data


@cache
def _lexicon() -> tuple[dict[str, tuple[str, str]], re.Pattern[str]]:
    phrases = {fold(phrase): meaning for phrase, meaning in flatten(_data()).items()}
    return phrases, re.compile(whole_words(phrases))
