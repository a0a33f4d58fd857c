"""The statement around a request: what it sends, what comes back, how long it may take, how a job is polled."""

from __future__ import annotations

import re

from skillwire.spec import templates
from skillwire.spec.facts import Polling, Request
from skillwire.spec.vocabulary import meaning, nears

_IDENT = r"[a-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9_]+)*"
_RETURNS = re.compile(
    r"\b(?:returns?|gives? (?:you|back)|gets? back|key fields|answers? with|responds? with|yields?|[Rr]esponse)\b[: ]*(?:an? |the )?"
    rf"({_IDENT}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*/\s*){_IDENT})*)"
    r"|返回\s*" + rf"({_IDENT}(?:\s*[,，、和]\s*{_IDENT})*)",
    re.IGNORECASE,
)
_KEPT = re.compile(
    r"\b(?:extract|field|returned|save|keep|store|take|use|its|the|response (?:includes|contains|holds|carries))\s+(?:the returned\s+|an?\s+|the\s+)?"
    r"([a-z]\w*(?:\.\w+)+|[a-z]+(?:_[a-z0-9]+)+|token)\b"
    r"|\b([a-z]\w*(?:[._]\w+)+|token) (?:in|from|of|it returns)\b"
    r"|\[['\"](\w+)['\"]\]\[['\"](\w+)['\"]\]",
    re.IGNORECASE,
)
_LISTED = re.compile(rf"\(({_IDENT}(?:\s*,\s*{_IDENT})+)\)")
_WORDS = re.compile(_IDENT)
_SAMPLE = re.compile(r"(?:→|->|=>|returns?:?|[Rr]esponse:?)\s*\Z")
_FIELD = re.compile(r"\b[a-z]\w*(?:(?:\[\d*\]|\.[a-z]\w*)+|_\w+)")
_FIELDS = re.compile(r"\b(?:with|body|includes|sends?|takes|fields?|参数)\b", re.IGNORECASE)
_FIELDS_END = re.compile(
    r"\b(?:returns?|gives|set|stream|answers?|poll|header|timeout)\b|[.。]\s+(?!Body)[A-Z]|—|\n", re.IGNORECASE
)
_FILE_FIELD = re.compile(
    r"-F\s*[\"']?(\w+)=|\b(\w+)=(?:@|<(?:binary|file)>)|\bfields?\s+[\"']?(\w+)[\"']?", re.IGNORECASE
)
_UPLOADS = re.compile(r"\bmultipart\b|\s-F\s|=@|\bform-data\b", re.IGNORECASE)
_STREAMS = re.compile(r"text/event-stream|server-sent events|事件流", re.IGNORECASE)
_SSE = re.compile(r"\bSSE\b|\bstream", re.IGNORECASE)
_NEARBY = 200  # characters after a URL in which its own options stand
_ACCEPT = re.compile(r"\bAccept:\s*([\w/+.*-]+)")
_DASH_H = re.compile(r"-H\s+(?:\"([^\"\n]*)\"|'([^'\n]*)')")
_HEADER_LINE = re.compile(r"\n([A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+):[ \t]*([^\n]+)")
_HEADER = re.compile(
    r"(?:\bheaders?|请求头|标头)\s+\W?([A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+)(?::\s*([^\s\"',.;，。；、]+))?"
)
_HEADER_AFTER = re.compile(r"\b([A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+)\s+header\b")
_NUMBER = r"(\d+(?:\.\d+)?)(?:\s*[-–]\s*\d+)?\s*(ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|秒|分钟)(?![a-z])"
_TIMEOUT = re.compile(
    r"(?:time-?out(?: after)?|--max-time|\bup to|\bwithin|\blasts?|\btakes? up to|超时|最长)[^\d\n]{0,20}(\d+(?:\.\d+)?)\s*"
    r"(seconds?|secs?|s|minutes?|mins?|m|hours?|h|秒|分钟)?(?![a-z\d])",
    re.IGNORECASE,
)
_EVERY = re.compile(rf"(?:\bevery|每隔?|间隔)\s*{_NUMBER}", re.IGNORECASE)
_TIMES = re.compile(
    r"(?:\bmax(?:imum)?(?: of)?|\bat most|\bup to|\bno more than|最多)\s*(\d+)(?=\s*(?:polls?|times|attempts|tries|checks|次|\)))"
    r"|(\d+)\s*(?:polls|times|attempts|tries|次)\s+at most",
    re.IGNORECASE,
)
_POLL = re.compile(r"\bpoll(?:s|ing|ed)?\b|轮询", re.IGNORECASE)
_UNTIL = re.compile(
    r"(?:\buntil|直到)\s+(?:the\s+|its\s+)?[\"']?([\w.]+)[\"']?\s*(?:=+|[:：]|\bis\b|\bbecomes\b|\bequals\b|\breaches\b|\bturns\b|\breads\b|为)"
    r"\s*[\"']?([\w-]+)[\"']?(?:\s*(?:\bor\b|/|,|或)\s*[\"']?([\w-]+))?",
    re.IGNORECASE,
)
_UNTIL_BARE = re.compile(r"(?:\buntil|直到)\s+[\"']?([\w-]+)[\"']?(?:\s+(?:or|或)\s+[\"']?([\w-]+))?", re.IGNORECASE)
_FOR_STATUS = re.compile(r"\bfor\s+[\"']?([\w-]+)[\"']?\s+(status|state)\b", re.IGNORECASE)
_ARROWS = re.compile(
    r"(?:top-level\s+)?[\"']?(\w+)[\"']?\s*:\s*\w+\s*(?:→|->)[^.\n]*?(?:→|->)\s*([\w-]+)\s*/\s*([\w-]+)"
)
_STOP_ON = re.compile(
    r"\b(?:stop|give up|end|abort)s? (?:on|at|when|with)\s+(?:status\s+)?[\"']?([\w-]+)", re.IGNORECASE
)
_URL_FIELD = re.compile(r"\b([a-z]\w*(?:\.\w+)*?[._](?:url|uri|href|link))\b")
_FALLBACK = re.compile(r"\b[Ff]allback:?\s+(?:GET\s+)?((?:https?:/|\$\w+)?/[^\s\"'`)]+)")
_SECONDS = {"ms": 0.001, "m": 60, "h": 3600, "秒": 1, "分": 60}
# Plumbing headers that every client sets by itself, and the one that carries the token.
_OWN = frozenset({"authorization", "content-type", "content-length", "host", "user-agent", "last-event-id"})


def names(call: str, text: str) -> bool:
    """Whether a label or path speaks of a call by its usual words."""
    return meaning("calls", call).search(text) is not None


def seconds(number: str, unit: str | None) -> float:
    """``("2", "min")`` → 120.0; without a unit the number is seconds."""
    unit = (unit or "s").lower()
    return float(number) * _SECONDS.get(unit, _SECONDS.get(unit[0], 1))


def fill(request: Request, statement: str, before: str = "") -> None:
    """Read a request's details from the text after it (and, for what it is, the words before)."""
    request.text = f"{before} {statement}".strip()
    lower = request.text.lower()
    sends = request.method != "GET"
    if sends:
        request.streaming = nears("streams", lower) and _streams(request)
        request.authorized = "Authorization" in statement[:_NEARBY]
        request.uploading = nears("uploads", lower) and bool(_UPLOADS.search(request.text))
        field = _FILE_FIELD.search(statement) if request.uploading else None
        if field:
            request.file_field = field[1] or field[2] or field[3]
    if "{" in statement:
        _bodies(request, statement)
    if "-" in statement or "Accept" in statement:
        _read_headers(request, statement)
    timeout = _TIMEOUT.search(statement) if nears("timeouts", lower) else None
    if timeout and (timeout[2] or "max-time" in timeout[0]):
        request.timeout = seconds(timeout[1], timeout[2])
    if not request.returns:
        request.returns = returned(request, statement)
    if sends and request.body is None and request.url_body is None:
        request.fields = _stated_fields(statement)
    if nears("polls", lower) and _POLL.search(request.text):
        request.polling = polling(request.text, request.line)


def header_lines(request: Request, statement: str) -> None:
    """Add the headers of an http fence, which stand on lines of their own."""
    found = {name: value.strip() for name, value in _HEADER_LINE.findall(statement) if name.lower() not in _OWN}
    request.headers = tuple((found | dict(request.headers)).items())


def _streams(request: Request) -> bool:
    return bool(_STREAMS.search(request.text)) or any(_SSE.search(label) for label in request.labels)


def complete(request: Request, after: str) -> None:
    """Take from the text around a command what the command itself does not say."""
    after = f"{request.lead}\n{after}" if _POLL.search(request.lead) else after
    if not request.returns:
        request.returns = returned(request, after)
    if request.uploading and request.url_body is None:  # "same endpoint" with another body
        request.url_body = next((v for _, _, v in templates.objects(after) if _hands_over_urls(v)), None)
    if request.polling is None and _POLL.search(after):
        request.polling = polling(after, request.line)
    elif request.polling is not None:
        request.polling = polling(f"{request.text} {after}", request.line)
    request.text = f"{request.text} {after}"


def polling(text: str, line: int) -> Polling:
    """What a text says of polling."""
    result = Polling(line)
    lower = text.lower()
    every = _EVERY.search(text) if nears("every", lower) else None
    if every:
        result.every = seconds(every[1], every[2])
    times = _TIMES.search(text) if nears("times", lower) else None
    if times:
        result.times = int(times[1] or times[2])
    _ending(result, text, lower)
    url = _URL_FIELD.search(text)
    if url:
        result.url_field = url[1]
    fallback = _FALLBACK.search(text) if "fallback" in lower else None
    if fallback:
        result.fallback_path = fallback[1].rstrip(".,;")
    return result


def _ending(result: Polling, text: str, lower: str) -> None:
    failed = [match[1] for match in _STOP_ON.finditer(text)] if nears("stop", lower) else []
    says_until = nears("until", lower)
    if says_until and (until := _UNTIL.search(text)):
        result.status_field, result.until = until[1], until[2]
        failed += [until[3]] if until[3] else []
    elif awaited := _FOR_STATUS.search(text):
        result.until, result.status_field = awaited[1], awaited[2]
    elif arrows := _ARROWS.search(text):
        result.status_field, result.until = arrows[1], arrows[2]
        failed.append(arrows[3])
    elif says_until and (until := _UNTIL_BARE.search(text)):
        result.until = until[1]
        failed += [until[2]] if until[2] else []
    result.failed = tuple(dict.fromkeys(failed))


def _bodies(request: Request, statement: str) -> None:
    for start, _, value in templates.objects(statement):
        if not isinstance(value, dict):
            continue
        if _SAMPLE.search(statement, max(start - 40, 0), start):
            request.returns = request.returns or tuple(
                name for name in templates.leaves(value) if name.rpartition(".")[2] not in ("code", "message", "msg")
            )
        elif _hands_over_urls(value):
            request.url_body = request.url_body or value
        elif request.body is None:
            request.body = value


def _hands_over_urls(value: dict[str, object]) -> bool:
    return any(re.fullmatch(r"\w*urls?", key) and "<" in str(inner) for key, inner in value.items())


def _read_headers(request: Request, statement: str) -> None:
    found: dict[str, str] = {}
    accept = _ACCEPT.search(statement)
    if accept:
        found["Accept"] = accept[1].rstrip(".")
    for double, single in _DASH_H.findall(statement):
        name, _, value = (double or single).partition(":")
        found.setdefault(name.strip(), value.strip())
    for name, value in _HEADER.findall(statement):
        found.setdefault(name, value or "<uuid>")
    for name in _HEADER_AFTER.findall(statement):
        found.setdefault(name, "<uuid>")
    request.headers = tuple((name, value) for name, value in found.items() if name.lower() not in _OWN and value)


def returned(request: Request, text: str) -> tuple[str, ...]:
    """Dotted fields of the answer that a text names."""
    lower = text.lower()
    for match in _RETURNS.finditer(text) if nears("returns", lower) else ():
        names = _WORDS.findall(match[1] or match[2])
        names = [name for name in names if name not in ("and", "a", "an", "the")]
        if len(names) > 1 or (names and re.search(r"[._]", names[0])):
            return tuple(dict.fromkeys(names))
    listed = _LISTED.search(text)
    if listed and request.method == "GET":
        return tuple(_WORDS.findall(listed[1]))
    if request.method != "GET" and nears("kept", lower):
        kept = [m[1] or m[2] or f"{m[3]}.{m[4]}" for m in _KEPT.finditer(text)]
        kept = [name for name in kept if not name.isupper()]
        return tuple(dict.fromkeys(kept))
    return ()


def _stated_fields(statement: str) -> tuple[str, ...]:
    opening = _FIELDS.search(statement) if nears("fields", statement.lower()) else None
    if not opening:
        return ()
    ending = _FIELDS_END.search(statement, opening.end())
    part = statement[opening.end() : ending.start() if ending else len(statement)]
    return tuple(dict.fromkeys(_FIELD.findall(part)))
