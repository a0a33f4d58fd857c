"""The statement around a request: what it sends, what comes back, how long it may take, how a job is polled."""

from __future__ import annotations

import re
from functools import lru_cache

from skillwire.spec import templates
from skillwire.spec.facts import Request
from skillwire.spec.marks import lowered
from skillwire.spec.polls import asks_again, polling, polls, seconds
from skillwire.spec.vocabulary import meaning, nears
from skillwire.spec.wording import Wording

_IDENT = r"[a-z][A-Za-z0-9]*(?:[_.][A-Za-z0-9_]+)*"
_RETURNS = Wording(
    r"\b(?:returns?|gives? (?:you|back)|gets? back|key fields|answers? with|respon(?:se|ds? with)|yields?)\b[: ]*(?:an? |the )?"
    rf"({_IDENT}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*/\s*){_IDENT})*)"
    r"|返回\s*" + rf"({_IDENT}(?:\s*[,，、和]\s*{_IDENT})*)",
)
# What is to be kept of an answer: named after a word that asks for it, before one that says whence, or by its keys.
_KEEPABLE = re.compile(r"(?:[a-z]\w*+(?:\.\w+)+|[a-z]++(?:_[a-z0-9]+)+|token)\b")
_ASKING = frozenset({"extract", "get", "field", "returned", "save", "keep", "store", "take", "use", "its", "the"})
_HOLDING = ("includes", "contains", "holds", "carries", "has")
_WITHIN = ("in", "as", "under", "at")
_AFTER_ASKING = frozenset({*_HOLDING, *_WITHIN, "a", "an"})
_KEEP = re.compile(
    rf"(?:.*\W)?(?:{'|'.join(sorted(_ASKING))}|(?:response|answer|reply) (?:{'|'.join(_HOLDING)})"
    rf"|(?:token|key|id|secret|it)\s(?:\w+\s)?(?:is|sits|lives|lies|stands|comes|arrives|waits|found)\s(?:{'|'.join(_WITHIN)}))"
    r"(?:\s+an?)?\s*\Z"
)
_LEAD = 30  # characters in which the words stand that ask for a name
_KEEP_OTHERWISE = re.compile(
    r"(?:取出?|保存|记下|读取|\b(?:nimm|merke|toma|guarda|prends|garde))\s*([a-z]\w*(?:[._]\w+)*)"
)
_WHENCE = re.compile(r" (?:in|from|of|it returns)\b")
_WHENCE_STARTS = frozenset({" in", " fr", " of", " it"})
_NAME_BEFORE = re.compile(r"\b([a-z]\w*(?:[._]\w+)+|token)\Z", re.IGNORECASE)
_KEYS = re.compile(r"\[['\"](\w+)['\"]\]\[['\"](\w+)['\"]\]")
_LISTED = re.compile(rf"\(({_IDENT}(?:\s*,\s*{_IDENT})+)\)")
_WORDS = re.compile(_IDENT)
# Words right before a sample of what comes back.
_SAMPLE_WORDS = (
    "return",
    "returns",
    "response",
    "answer",
    "answers",
    "answer:",
    "answers:",
    "return:",
    "returns:",
    "response:",
)
_SAMPLE = (
    *("→", "->", "=>", "give", "gives", "give back", "gives back", "antwortet", "antwortet mit"),
    *("liefert", "devuelve", "renvoie", "retorna", "返回"),
    *_SAMPLE_WORDS,
    *map(str.capitalize, _SAMPLE_WORDS),
    *(f"{word}nswer{end} with" for word in "Aa" for end in ("", "s", ":", "s:")),
)
_FIELD = re.compile(r"\b[a-z](?:\w*+(?:\[\d*\]|\.[a-z]\w*+)+|[^\W_]*+_\w++)")
_FIELDS = Wording(r"\b(?:with|body|includes|sends?|takes|fields?|参数)\b")
_FIELDS_END = Wording(
    r"\b(?:returns?|gives|get|keep|extract|save|set|stream|answers?|poll|header|timeout)\b|\.\s+(?!Body)[A-Z]|。\s+(?!Body)[A-Z]|—|\n"
)
_FILE_FIELD = re.compile(
    r"-F\s*[\"']?(\w+)=|\b(\w+)=(?:@|<(?:binary|file)>)|(?:\bfields?\s+|字段(?:名)?[为是：:]?\s*)[\"']?(\w+)[\"']?",
    re.IGNORECASE,
)
_UPLOADS = re.compile(r"\bmultipart\b|\s-f\s|=@|\bform-data\b")
_SSE = Wording(r"\bSSE\b|\bstream")
_NEARBY = 200  # characters after a URL in which its own options stand
_ACCEPT = re.compile(r"Accept:(?<!\wAccept:)\s*([\w/+.*-]+)")
_DASH_H = re.compile(r"-H\s+(?:\"([^\"\n]*)\"|'([^'\n]*)')")
_HEADER_LINE = re.compile(r"\n([A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+):[ \t]*([^\n]+)")
_HEADER = re.compile(
    r"(?:header(?<!\wheader)s?|请求头|标头)\s+\W?([A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+)(?::\s*([^\s\"',.;，。；、]+))?"
)
_HEADER_AFTER = re.compile(r"([A-Z](?<!\w[A-Z])[A-Za-z0-9]*+(?:-[A-Z][A-Za-z0-9]*)+)\s+header\b")
_TIMEOUT = Wording(
    r"(?:time-?out(?: after)?|--max-time|\bup to|\bwithin|\blasts?|\btakes? up to|\bat most|\bgive up after|超时|最长)[^\d\n]{0,20}(\d+(?:\.\d+)?)\s*"
    r"(seconds?|secs?|s|minutes?|mins?|m|hours?|h|秒|分钟)?(?![a-z\d])",
)
_URLS = re.compile(r"\w*urls?")
FRESH_ID = "<uuid>"
_MAKES_ID = re.compile(r"\s*\$\([^\n]*uuid")
_NEW_ID = re.compile(r":\s*(?:<[^<>\n]*uuid[^<>\n]*>|\$\(\s*uuidgen[^()\n]*\))", re.IGNORECASE)
_HEADER_BEFORE = re.compile(r"(?<!\w)[A-Za-z][A-Za-z0-9]*+(?:-[A-Za-z][A-Za-z0-9]*+)+\Z")
# Fields that say how it went, not what came of it.
_ENVELOPE = frozenset({"code", "message", "msg", "ok", "success"})
# Plumbing headers that every client sets by itself, and the one that carries the token.
_OWN = frozenset({"authorization", "content-type", "content-length", "host", "user-agent", "last-event-id"})


@lru_cache(maxsize=1024)
def names(call: str, text: str) -> bool:
    """Whether a label or path speaks of a call by its usual words."""
    return meaning("calls", call).search(text) is not None


def fill(request: Request, statement: str, said: str, before: str, lead: str) -> None:
    """Read a request's details from the text after it (and, for what it is, the words before).

    ``said`` and ``lead`` are both texts in lower case.
    """
    request.text = f"{before} {statement}".strip()
    lower = f"{lead} {said}".strip()
    sends = request.method != "GET"
    if sends:
        request.streaming = _streams(request, lower)
        request.authorized = "Authorization" in statement[:_NEARBY]
        request.uploading = nears("uploads", lower) and _UPLOADS.search(lower) is not None
        field = _FILE_FIELD.search(statement) if request.uploading else None
        if field:
            request.file_field = field[1] or field[2] or field[3]
    if "{" in statement:
        _bodies(request, statement)
    _read_headers(request, statement, said)
    timeout = _TIMEOUT.search(statement, said)
    if timeout and (timeout[2] or "max-time" in timeout[0]):
        request.timeout = seconds(timeout[1], timeout[2])
    if not request.returns:
        request.returns = returned(request, statement, said)
    if sends and request.body is None and request.url_body is None:
        request.fields = _stated_fields(statement, said)
    if polls(request.text, lower) or (not sends and asks_again(statement[:_NEARBY], said[:_NEARBY])):
        request.polling = polling(request.text, lower, request.line)


def header_lines(request: Request, statement: str) -> None:
    """Add the headers of an http fence, which stand on lines of their own."""
    found = {name: value.strip() for name, value in _HEADER_LINE.findall(statement) if name.lower() not in _OWN}
    request.headers = tuple((found | dict(request.headers)).items())


def _streams(request: Request, lower: str) -> bool:
    if not nears("streams", lower):
        return False
    if "text/event-stream" in lower or "server-sent events" in lower or "事件流" in lower:
        return True
    return any(map(_SSE.search, request.labels))


def complete(request: Request, after: str, lower: str) -> None:
    """Take from the text below a command what the command itself does not say; ``lower`` is the same in lower case."""
    lead = lowered(request.lead)
    if polls(request.lead, lead):
        after, lower = f"{request.lead}\n{after}", f"{lead} {lower}"
    if not request.returns and "{" in after:
        _samples(request, after)
    if not request.returns:
        request.returns = returned(request, after, lower)
    if request.streaming and request.timeout is None and (timeout := _TIMEOUT.search(after, lower)) and timeout[2]:
        request.timeout = seconds(timeout[1], timeout[2])
    if request.uploading and request.url_body is None:  # "same endpoint" with another body
        request.url_body = next((v for _, _, v in templates.objects(after) if _hands_over_urls(v)), None)
    around = f"{request.text} {after}"
    if request.polling is not None:
        request.polling = polling(around, lowered(around), request.line)
    elif polls(after, lower):
        request.polling = polling(after, lower, request.line)
    request.text = around


def _bodies(request: Request, statement: str) -> None:
    for start, _, value in templates.objects(statement):
        if not isinstance(value, dict):
            continue
        if _is_sample(statement, start):
            request.returns = request.returns or _told(value)
        elif _hands_over_urls(value):
            request.url_body = request.url_body or value
        elif request.body is None:
            request.body = value


def _samples(request: Request, text: str) -> None:
    """Take the fields of the answer from a sample of it."""
    for start, _, value in templates.objects(text):
        if not request.returns and isinstance(value, dict) and _is_sample(text, start):
            request.returns = _told(value)


def _is_sample(text: str, start: int) -> bool:
    """Whether the object at ``start`` is said to come back."""
    return text[max(start - 40, 0) : start].rstrip().endswith(_SAMPLE)


def _told(value: dict[str, object]) -> tuple[str, ...]:
    """Fields of a sample answer that tell something: not the envelope's, and no flags."""
    return tuple(name for name in templates.leaves(value) if name.rpartition(".")[2] not in _ENVELOPE)


def _hands_over_urls(value: dict[str, object]) -> bool:
    return any(_URLS.fullmatch(key) and "<" in str(inner) for key, inner in value.items() if "url" in key)


def _read_headers(request: Request, statement: str, lower: str) -> None:
    found: dict[str, str] = {}
    accept = _ACCEPT.search(statement) if "accept:" in lower else None
    if accept:
        found["Accept"] = accept[1].rstrip(".")
    for double, single in _DASH_H.findall(statement) if "-h" in lower else ():
        name, _, value = (double or single).partition(":")
        found.setdefault(name.strip(), FRESH_ID if _MAKES_ID.match(value) else value.strip())
    named = "header" in lower
    if named or "头" in lower:
        for match in _HEADER.finditer(statement, lower.find("header") if "头" not in lower else 0):
            found.setdefault(match[1], match[2] or FRESH_ID)
    for value in _NEW_ID.finditer(statement) if "uuid" in lower else ():
        if name := _HEADER_BEFORE.search(statement, max(value.start() - _NEARBY, 0), value.start()):
            found.setdefault(name[0], FRESH_ID)
    for name in _HEADER_AFTER.findall(statement) if named else ():
        found.setdefault(name, FRESH_ID)
    if found:
        request.headers = tuple([(name, value) for name, value in found.items() if name.lower() not in _OWN and value])


def returned(request: Request, text: str, lower: str) -> tuple[str, ...]:
    """Dotted fields of the answer that a text names."""
    for match in _RETURNS.find_all(text, lower):
        names = _WORDS.findall(match[1] or match[2])
        names = [name for name in names if name not in ("and", "a", "an", "the")]
        if len(names) > 1 or (names and ("." in names[0] or "_" in names[0])):
            return tuple(dict.fromkeys(names))
    listed = _LISTED.search(text) if request.method == "GET" else None
    if listed:
        return tuple(_WORDS.findall(listed[1]))
    return _kept(text, lower) if request.method != "GET" else ()


def _kept(text: str, lower: str) -> tuple[str, ...]:
    found: dict[int, str] = {}
    for start, end in _names(lower):
        name = _KEEPABLE.match(lower, start, end) if start else None
        if name and _asked_for(lower[max(start - _LEAD, 0) : start]):
            found[start] = text[start : name.end()]
        if lower[end : end + 3] in _WHENCE_STARTS and _WHENCE.match(lower, end):
            name = _NAME_BEFORE.search(text, start, end)
            if name:
                found[name.start(1)] = name[1]
    if nears("keeps", lower):
        for kept in _KEEP_OTHERWISE.finditer(lower):
            found[kept.start(1)] = text[kept.start(1) : kept.end(1)]
    if "['" in text or '["' in text:
        for keys in _KEYS.finditer(text):
            found[keys.start(1)] = f"{keys[1]}.{keys[2]}"
    return tuple(dict.fromkeys([found[at] for at in sorted(found) if not found[at].isupper()]))


def _asked_for(lead: str) -> bool:
    """Whether a text in lower case ends with words that ask for the name after it."""
    words = lead.split()
    last = words[-1] if words else ""
    return last in _ASKING or (not (last.isalpha() and last not in _AFTER_ASKING) and _KEEP.match(lead) is not None)


def _names(lower: str) -> list[tuple[int, int]]:
    """Where the words start and end that hold what a name of a field may: a dot, an underscore, or "token"."""
    spans = []
    for mark in (".", "_", "token"):
        at = lower.find(mark)
        while at >= 0:
            end = lower.find(" ", at)
            if end < 0:
                end = len(lower)
            if end > at + 1:  # more than the end of a sentence
                spans.append((lower.rfind(" ", 0, at) + 1, end))
            at = lower.find(mark, end)
    return spans


def _stated_fields(statement: str, lower: str) -> tuple[str, ...]:
    opening = _FIELDS.search(statement, lower)
    if not opening:
        return ()
    ending = _FIELDS_END.search_in(statement, lower, opening.end(), len(statement))
    part = statement[opening.end() : ending.start() if ending else len(statement)]
    return tuple(dict.fromkeys(_FIELD.findall(part)))
