"""The kinds of file a film is written as: MP4 by default, WebM or MOV where pictures are partly transparent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file. ``name`` is its suffix, ``title`` what it is called before users, ``sound`` the encoder of its sound.

    ``alpha``: whether its pictures can be transparent.
    """

    name: str
    title: str
    mime: str
    sound: str
    alpha: bool = True


MP4 = Form("mp4", "MP4 (H.264)", "video/mp4", "aac", alpha=False)
WEBM = Form("webm", "WebM (VP9 with alpha)", "video/webm", "libopus")
MOV = Form("mov", "MOV (ProRes 4444 with alpha)", "video/quicktime", "pcm_s16le")
FORMS = {form.name: form for form in (MP4, WEBM, MOV)}

# Codecs that clips have on their way between editing programs, which read ProRes, seldom WebM.
_INTERMEDIATE = frozenset({"prores", "dnxhd", "cfhd", "qtrle", "hap"})


def form_of(path: Path) -> Form:
    """The kind of file that a name stands for."""
    return FORMS[path.suffix.lstrip(".")]


def transparent_form(codecs: Iterable[str]) -> Form:
    """What holds transparent pictures best: MOV where all clips (by their codecs' names) come from an editing program, else WebM."""
    return MOV if (names := set(codecs)) and names <= _INTERMEDIATE else WEBM
