"""Marks of Markdown that carry no meaning of their own: code ticks, bold stars, character references."""

from __future__ import annotations

# In this order: what "&amp;lt;" stands for is "&lt;", not "<".
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))


def plain(text: str) -> str:
    """``text`` without the marks of code and bold, character references resolved."""
    if "&" in text and ";" in text:
        for reference, character in _ENTITIES:
            text = text.replace(reference, character)
    return text.replace("`", "").replace("**", "")


def lowered(line: str) -> str:
    """``line`` in lower case, every character at its place (``İ`` would become two)."""
    lower = line.lower()
    return lower if len(lower) == len(line) else "".join([c.lower() if len(c.lower()) == 1 else c for c in line])
