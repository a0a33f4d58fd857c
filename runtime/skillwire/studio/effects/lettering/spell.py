"""What a line of text says: the recognition network's characters, by the best path of connectionist temporal classification."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from skillwire.studio.effects.lettering.networks import CHARACTERS, RECOGNITION, content, session
from skillwire.studio.effects.vision import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The height that lines are read at, and the widths they are brought to, in pixels.
_HEIGHT, _NARROWEST, _WIDEST = 48, 160, 1600
_BLANK = 0


def spelled(line: NDArray[np.uint8]) -> tuple[str, float]:
    """The text of a picture (BGR) of one line, and how sure its characters are on average, 0 to 1; empty where none is read."""
    cv2 = opencv()
    height, width = line.shape[:2]
    wide = int(np.clip(round(width * _HEIGHT / max(1, height)), 8, _WIDEST))
    scaled = cv2.resize(line, (wide, _HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    batch = np.zeros((1, 3, _HEIGHT, max(wide, _NARROWEST)), np.float32)
    batch[0, :, :, :wide] = (scaled / 127.5 - 1).transpose(2, 0, 1)
    chances = np.asarray(session(RECOGNITION)(batch))[0]
    best = chances.argmax(axis=1)
    kept = (best != _BLANK) & (best != np.concatenate([[_BLANK], best[:-1]]))
    known = _characters()
    text = "".join(known[number] for number in best[kept])
    return text, float(chances.max(axis=1)[kept].mean()) if kept.any() else 0.0


@cache
def _characters() -> tuple[str, ...]:
    """The network's classes in order: the blank first, the space last."""
    return tuple(content(CHARACTERS).decode("utf-8").removesuffix("\n").split("\n"))
