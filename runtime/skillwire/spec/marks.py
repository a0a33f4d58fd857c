"""Marks of Markdown that carry no meaning of their own, and names that tell a secret."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

# In this order: what "&amp;lt;" stands for is "&lt;", not "<".
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))
# How the names of headers that carry secrets end.
_SECRET = re.compile(
    r"(?:auth(?:orization)?|cookie|token|secret|pass(?:word|phrase)?|key|signature|credentials?|jwt|bearer)\Z",
    re.IGNORECASE,
)
_LOWER = bytes.maketrans(ascii_uppercase.encode() + b"\n", ascii_lowercase.encode() + b" ")


def secret_header(name: str) -> bool:
    """Whether a header's name says that its value is a secret, so that it is masked wherever requests are shown."""
    return bool(_SECRET.search(name))


def plain(text: str) -> str:
    """``text`` without the marks of code and bold, character references resolved."""
    if "&" in text and ";" in text:
        for reference, character in _ENTITIES:
            text = text.replace(reference, character)
    if "`" in text:
        text = text.replace("`", "")
    return text.replace("**", "") if "*" in text else text


def plain_utf8(raw: bytes) -> bytes:
    """As ``plain``, of UTF-8: a page holds other characters than ASCII, and bytes are quicker to look through."""
    if b"&" in raw and b";" in raw:
        for reference, character in _ENTITIES:
            raw = raw.replace(reference.encode(), character.encode())
    return b"".join(raw.replace(b"`", b"").split(b"**"))  # split looks for the marks once, replace counts them first


def lowered(text: str) -> str:
    """``text`` with its ASCII letters in lower case and blanks for line ends; every character stays at its place."""
    return lowered_utf8(text.encode("utf-8", "surrogatepass"))


def lowered_utf8(raw: bytes) -> str:
    """As ``lowered``, of text in UTF-8."""
    return raw.translate(_LOWER).decode("utf-8", "surrogatepass")
