"""Marks of Markdown that carry no meaning of their own, and names that tell a secret."""

from __future__ import annotations

import re

# In this order: what "&amp;lt;" stands for is "&lt;", not "<".
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))
# How the names of headers that carry secrets end.
_SECRET = re.compile(
    r"(?:auth(?:orization)?|cookie|token|secret|pass(?:word|phrase)?|key|signature|credentials?|jwt|bearer)\Z",
    re.IGNORECASE,
)


def secret_header(name: str) -> bool:
    """Whether a header's name says that its value is a secret, so that it is masked wherever requests are shown."""
    return bool(_SECRET.search(name))


def plain(text: str) -> str:
    """``text`` without the marks of code and bold, character references resolved."""
    if "&" in text and ";" in text:
        for reference, character in _ENTITIES:
            text = text.replace(reference, character)
    return text.replace("`", "").replace("**", "")


def lowered(text: str) -> str:
    """``text`` with its ASCII letters in lower case and blanks for line ends; every character stays at its place."""
    small = text.encode("utf-8", "surrogatepass").lower().replace(b"\n", b" ")
    return small.decode("utf-8", "surrogatepass")
