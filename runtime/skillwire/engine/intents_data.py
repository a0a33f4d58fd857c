"""The words that routing goes by: the package's, the user's, the skill's own.

``paraphrases/<language>.json`` holds, for one language, ``classes`` of words (see ``intents_lexicon``), for each meaning
(``export`` …) its ``strong`` frames, ``keys``, ``support`` and ``hints`` (see ``intents_frames`` and ``intents_clauses``),
and the frames of edits, questions, statements. A folder of files of the same shape adds to them (``USER_FOLDER``), and so
does a skill's frontmatter::

    paraphrases:
      en:
        export: ["wrap it up", "that's a wrap"]     # phrases of a meaning or of an action
        classes: {CREDIT: "gems coins"}             # words of a class
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from skillwire.language.normalise import fold, tidy

USER_FOLDER: Final = "SKILLWIRE_PARAPHRASES"
"""Environment variable: a folder with files like those in ``paraphrases/``, merged over them."""

_FOLDER: Final = Path(__file__).with_name("paraphrases")
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@cache
def paraphrases(language: str, folder: str | None = None) -> Mapping[str, Any]:
    """The data of one language, that of the user's ``folder`` over the package's; empty when there is none."""
    data: dict[str, Any] = {}
    packaged = _FOLDER / f"{language}.json"
    if packaged.is_file():
        data = json.loads(packaged.read_text(encoding="utf-8"))
    base = data.pop("base", None)
    if base:
        frames: dict[str, Any] = {}
        merge(frames, json.loads((_FOLDER / f"{base}.json").read_text(encoding="utf-8")))
        merge(frames, data)
        data = frames
    own = Path(folder) / f"{language}.json" if folder else None
    if own is not None and own.is_file():
        merge(data, json.loads(own.read_text(encoding="utf-8")))
    return data


@cache
def common() -> Mapping[str, Any]:
    """What holds in every language: the meanings' names, the classes the clause reader knows, macros, generic frames."""
    data: Mapping[str, Any] = json.loads((_FOLDER / "common.json").read_text(encoding="utf-8"))
    return data


def merge(data: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Adds ``more`` to ``data``: strings of words are joined, lists extended, mappings merged."""
    for key, value in more.items():
        old = data.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge(old, value)
        elif isinstance(old, str) and isinstance(value, str):
            data[key] = f"{old} {value}"
        elif isinstance(old, list) and isinstance(value, list):
            data[key] = [*old, *value]
        elif isinstance(value, Mapping):
            data[key] = {}  # a copy, for the package's data is shared by all skills
            merge(data[key], value)
        else:
            data[key] = value


def declared(frontmatter: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What a skill's frontmatter adds for one language; whatever has another shape than shown above is passed over."""
    found: dict[str, Any] = {}
    languages = frontmatter.get("paraphrases")
    own = languages.get(language) if isinstance(languages, Mapping) else None
    for name, value in own.items() if isinstance(own, Mapping) else ():
        if name == "classes" and isinstance(value, Mapping):
            found["classes"] = {str(key): fold(tidy(words)) for key, words in value.items() if isinstance(words, str)}
        elif name not in {"classes", "base", "inflect"} and isinstance(value, list):
            phrases = [" ".join(_WORD.findall(fold(tidy(phrase)))) for phrase in value if isinstance(phrase, str)]
            found[str(name)] = {"strong": [phrase for phrase in phrases if phrase]}
    return found
