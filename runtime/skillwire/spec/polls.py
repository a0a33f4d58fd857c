"""How a job is said to be polled: how often, how many times, until when, and where its result is."""

from __future__ import annotations

import re

from skillwire.spec.facts import Polling
from skillwire.spec.wording import Wording

_NUMBER = r"(\d+(?:\.\d+)?)(?:\s*[-–]\s*\d+)?\s*(ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|秒|分钟)(?![a-z])"
_EVERY = Wording(rf"(?:\bevery|每隔?|间隔)\s*{_NUMBER}")
_TIMES = Wording(
    r"(?:\bmax(?:imum)?(?: of)?|\bat most|\bup to|\bno more than|最多)\s*(\d+)(?=\s*(?:polls?|times|attempts|tries|checks|次|\)))",
)
_TIMES_AFTER = re.compile(r"(\d+)\s*(?:polls|times|attempts|tries|次)\s+at most", re.IGNORECASE)
_POLL = Wording(r"\bpoll(?:s|ing|ed)?\b|轮询")
_UNTIL = Wording(
    r"(?:\buntil|直到)\s+(?:the\s+|its\s+)?[\"']?([\w.]+)[\"']?\s*(?:=+|[:：]|\bis\b|\bbecomes\b|\bequals\b|\breaches\b|\bturns\b|\breads\b|为)"
    r"\s*[\"']?([\w-]+)[\"']?((?:(?:\s*[,，]\s*[\"']?[\w-]+[\"']?)*\s*(?:[,，]?\s*\bor\b|[/、或])\s*[\"']?[\w-]+[\"']?)*)",
)
_ALTERNATIVE = re.compile(r"(?<![\w-])(?!or\b)[\w-]+", re.IGNORECASE)
_UNTIL_BARE = Wording(r"(?:\buntil|直到)\s+[\"']?([\w-]+)[\"']?(?:\s+(?:or|或)\s+[\"']?([\w-]+))?")
_FOR_STATUS = Wording(r"\bfor\s+[\"']?([\w-]+)[\"']?\s+(status|state)\b")
_ARROWS = re.compile(
    r"(?:top-level\s+)?[\"']?(\w+)[\"']?\s*:\s*\w+\s*(?:→|->)[^.\n]*?(?:→|->)\s*([\w-]+)\s*/\s*([\w-]+)"
)
_STOP_ON = Wording(
    r"\b(?:stop|give up|end|abort)s? (?:on|at|when|with)\s+(?:status\s+)?[\"']?([\w-]+)",
)
_LINK = re.compile(r"[._](?:url|uri|href|link)\b")
_URL_FIELD = re.compile(r"\b([a-z]\w*(?:\.\w+)*?[._](?:url|uri|href|link))\b")
_FALLBACK = re.compile(r"\b[Ff]allback:?\s+(?:GET\s+)?((?:https?:/|\$\w+)?/[^\s\"'`)]+)")
_SECONDS = {"ms": 0.001, "m": 60, "h": 3600, "秒": 1, "分": 60}


def seconds(number: str, unit: str | None) -> float:
    """``("2", "min")`` → 120.0; without a unit the number is seconds."""
    unit = (unit or "s").lower()
    return float(number) * _SECONDS.get(unit, _SECONDS.get(unit[0], 1))


def polls(text: str, lower: str) -> bool:
    """Whether a text speaks of polling; ``lower`` is the same in lower case."""
    return _POLL.search(text, lower) is not None


def asks_again(text: str, lower: str) -> bool:
    """Whether the sentence after a request says that it is made every so often, without a word on polling."""
    end = text.find(". ")
    return _EVERY.search(text[:end] if end > 0 else text, lower[:end] if end > 0 else lower) is not None


def polling(text: str, lower: str, line: int) -> Polling:
    """What a text says of polling; ``lower`` is the same in lower case."""
    result = Polling(line)
    every = _EVERY.search(text, lower)
    if every:
        result.every = seconds(every[1], every[2])
    times = _TIMES.search(text, lower) or (_TIMES_AFTER.search(text) if "at most" in lower else None)
    if times:
        result.times = int(times[1])
    _ending(result, text, lower)
    link = _LINK.search(text)
    url = _URL_FIELD.search(text, max(text.rfind(" ", 0, link.start()), 0)) if link else None
    if url:
        result.url_field = url[1]
    fallback = _FALLBACK.search(text) if "fallback" in lower else None
    if fallback:
        result.fallback_path = fallback[1].rstrip(".,;")
    return result


def _ending(result: Polling, text: str, lower: str) -> None:
    failed = [match[1] for match in _STOP_ON.find_all(text, lower)]
    if until := _UNTIL.search(text, lower):
        result.status_field, result.until = until[1], until[2]
        failed += _ALTERNATIVE.findall(until[3])
    elif awaited := _FOR_STATUS.search(text, lower):
        result.until, result.status_field = awaited[1], awaited[2]
    elif ("→" in text or "->" in text) and (arrows := _ARROWS.search(text)):
        result.status_field, result.until = arrows[1], arrows[2]
        failed.append(arrows[3])
    elif until := _UNTIL_BARE.search(text, lower):
        result.until = until[1]
        failed += [until[2]] if until[2] else []
    result.failed = tuple(dict.fromkeys(failed))
