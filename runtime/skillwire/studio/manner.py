"""How the hosted service answers, for tests and demos: late, in words about buttons, and about three edits in ten without a word.

Skills describe these habits and what a client must do about them. Everything follows from a seed and the number of the message.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SILENT_SHARE = 0.3
# Forms of "still working" between events; each is met in the wild.
HEARTBEATS = (b"data: heartbeat\n\n", b"data:\n\n", b": heartbeat\n\n")
_SENTENCES = {
    "en": (
        "Click the [Export] button to save your video.",
        "You can drag the clip on the timeline to fine-tune it.",
        "Open the timeline panel on the right to check the result.",
        "Click [Preview] to watch it before you export.",
    ),
    "zh": (
        "请点击“导出”按钮保存视频。",
        "您可以在时间线上拖拽片段进行微调。",
        "请打开右侧的时间线面板查看效果。",
        "导出前可以点击“预览”观看。",
    ),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer: seconds it waits, whether an edit is passed over in silence, and what is added in ``en`` and ``zh``."""

    delay: float
    silent: bool
    added: dict[str, str]


class LikeCloud:
    """Turns, one after the other. ``delay``: the longest an answer waits, in seconds."""

    def __init__(self, seed: int, delay: float) -> None:
        self.delay = delay
        self._seed = seed
        self._count = 0

    def next_turn(self) -> Turn:
        """How the next message is answered."""
        self._count += 1
        chance = random.Random(f"{self._seed}:{self._count}")  # noqa: S311 - manners, no secrets
        wait, silent, number = chance.uniform(0.3, 1), chance.random() < SILENT_SHARE, chance.randrange(4)
        return Turn(self.delay * wait, silent, {language: lines[number] for language, lines in _SENTENCES.items()})
