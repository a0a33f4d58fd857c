"""Measures routing: one utterance in process, and 10,000 lines through the command, against reading the same lines alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from skillwire.catalog import find
from skillwire.engine.router import Router, split_attachments

LINES = 10_000
UTTERANCES = (
    "trim to 10s and export it",
    "remove the end credits",
    "还剩多少额度",
    "add text 'Download now' at the bottom",
    "don't export yet, trim first",
    "where are we with the render?",
    "<file:clip.mp4> make it vertical and louder, please",
    "¿por dónde va el render?",
    "give me the finished file",
    "把视频里的声音全部去掉，然后导出",
)


def main() -> None:
    """Print both measurements."""
    router = Router(find("video-ai-no"))
    # Each line differs, so that nothing remembered from an earlier line helps.
    lines = [f"{UTTERANCES[n % len(UTTERANCES)]} {n}" for n in range(LINES)]
    times = []
    for line in lines:
        attachments, words = split_attachments(line)
        start = time.perf_counter()
        router.route(words, attachments)
        times.append(time.perf_counter() - start)
    median, worst = statistics.median(times) * 1e6, sorted(times)[int(LINES * 0.99)] * 1e6
    sys.stdout.write(f"{'route, in process':34} {median:7.1f} µs median, {worst:.1f} µs at 99 % (at most 100 median)\n")
    text = "\n".join(lines)
    command = [sys.executable, "-m", "skillwire", "route", "video-ai-no", "-"]
    walls = []
    for given in (text, ""):
        start = time.perf_counter()
        subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
    told = f"{walls[0]:7.2f} s / {walls[1]:7.2f} s of start-up = {walls[0] / walls[1]:.1f} (at most 3 s)"
    sys.stdout.write(f"{'route -, 10,000 lines':34} {told}\n")


if __name__ == "__main__":
    main()
