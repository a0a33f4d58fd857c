"""Marks of Markdown that carry no meaning of their own: code ticks, bold stars, character references."""

from __future__ import annotations

import re

_MARK = re.compile(r"`|\*\*|&(?:lt|gt|amp|quot|#39);")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'"}


def plain(text: str) -> str:
    """``text`` without the marks of code and bold, character references resolved."""
    if "&" in text:
        return _MARK.sub(lambda match: _ENTITIES.get(match.group(), ""), text)
    return text.replace("`", "").replace("**", "")


def lowered(text: str) -> str:
    """``text`` in lower case, every character at its place (``İ`` would become two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
