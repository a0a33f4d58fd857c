"""Which request is which call: raw requests, said once or many times, become calls under one name each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from skillwire.spec import templates
from skillwire.spec.blocks import Page
from skillwire.spec.facts import Facts, Request
from skillwire.spec.model import Severity, Verb
from skillwire.spec.rules.calls import is_token_request
from skillwire.spec.vocabulary import families, first, pattern
from skillwire.spec.wording import Wording

_ABSOLUTE = re.compile(r"(https?://[^/\s]+)(/.*)?\Z")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|\w+)(/.*)?\Z")
# Each kind of placeholder starts with one certain character, to which the engine can skip.
_PLACEHOLDER = re.compile(r"<[^<>]*>|\{[^{}]*\}|\$(?:\{[^{}]*\}|\w+)|:(?<=/:)\w+")
_ANGLED = re.compile(r"<[^<>]*>")
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_WISH = re.compile(r"<(?:msg|message|text|prompt|words|query|input|user[ _]\w+)>", re.IGNORECASE)
_POLLS = Wording(r"\bpoll|轮询")
_WORDS = re.compile(r"[^\W_]+")
_NAME_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


class Named:
    """A call under its name: the fullest statement of it, and every request that states it."""

    __slots__ = ("all", "main", "name", "origin", "path", "status_of", "verb")

    def __init__(self, name: str, main: Request, origin: str, path: str, status_of: str) -> None:
        self.name = name
        self.main = main
        self.origin = origin
        self.path = path
        self.all: list[Request] = []
        self.verb = Verb.CALL
        self.status_of = status_of


@lru_cache(maxsize=1024)
def locate(url: str) -> tuple[str, str]:
    """Origin and path of a URL as written: ``$API/x`` and ``/x`` have no origin, ``${A:-https://h}/x`` has one."""
    if url.startswith("/"):
        return "", url
    if absolute := _ABSOLUTE.match(url):
        return absolute[1], absolute[2] or "/"
    if variable := _VARIABLE.match(url):
        default = (variable[1] or "").partition(":-")[2]
        return default.rstrip("/"), variable[2] or "/"
    return "", f"/{url.partition('/')[2]}"


def locate_below(url: str, bases: Sequence[str]) -> tuple[str, str]:
    """As ``locate``, and what a base address with a path (``https://h/api/v2``) has in common with a URL is its origin.

    ``bases`` are the addresses that the file states, the one that counts first; a path that repeats the first one's path,
    as request lines of HTTP do, is taken as one below it.
    """
    origin, path = locate(url)
    for base in bases if origin else ():
        if (origin + path).startswith(f"{base}/"):
            return base, (origin + path)[len(base) :]
    if not origin and bases and path.startswith("/"):
        prefix = locate(bases[0])[1].rstrip("/")
        if prefix and path.startswith(f"{prefix}/"):
            return "", path[len(prefix) :]
    return origin, path


@lru_cache(maxsize=1024)
def shape(path: str) -> str:
    """A path with all placeholders alike, for comparing."""
    return _PLACEHOLDER.sub("<>", path.partition("?")[0].rstrip("/"))


@lru_cache(maxsize=1024)
def slug(text: str, limit: int = 4) -> str:
    """``Claim link (new)`` → ``claim_link``."""
    return "_".join(_WORDS.findall(without_remarks(text).lower())[:limit])


def by_vocabulary(text: str) -> str | None:
    """The usual name of what a label speaks of; a remark in parentheses counts only when nothing else tells."""
    bare = without_remarks(text)
    return first("calls", bare) or (first("calls", text) if bare != text else None)


def without_remarks(text: str) -> str:
    """``text`` without what stands in parentheses."""
    return _PARENTHESES.sub("", text) if "(" in text else text


def name_all(facts: Facts) -> dict[str, Named]:
    """Calls by name, in the order in which the file lists them."""
    named: dict[str, Named] = {}
    known = _known_paths()
    by_shape: dict[tuple[str, str], Named] = {}
    bases = tuple(dict.fromkeys(stated.value for stated in facts.base))
    for request in facts.requests:
        origin, path = locate_below(request.path, bases)
        key = (request.method, shape(path))
        same = by_shape.get(key) or (by_shape.get(("POST", key[1])) if not request.method else None)
        if same is None:
            parent = _polled(facts.page, request, path, named)
            name = (
                f"{parent.name}_status" if parent else _free(_name(request, path, known, named), request, path, named)
            )
            if name in named:  # a second status call of the same job
                continue
            same = Named(name, request, origin, path, status_of=parent.name if parent else "")
            named[name] = same
            if request.method:
                by_shape[key] = same
        same.all.append(request)
        if request is not same.main and _fullness(request) > _fullness(same.main):
            same.main, same.path = request, path
            same.origin = origin or same.origin
    _find_session(named)
    polled = {call.status_of for call in named.values()}
    for call in named.values():
        _merge(call, facts)
        call.verb = _verb(call, polled)
    return dict(sorted(named.items(), key=lambda item: item[1].main.order))


@cache
def _known_paths() -> Mapping[tuple[str, str], str]:
    return {
        (call["method"], shape(call["path"])): name
        for family in families()
        for name, call in {**family["calls"], **family.get("known", {})}.items()
    }


def _name(request: Request, path: str, known: Mapping[tuple[str, str], str], named: Mapping[str, Named]) -> str:
    if name := known.get((request.method or "POST", shape(path))):
        return name
    if request.streaming and "message" not in named:
        return "message"
    if is_token_request(request) and "token" not in named:
        return "token"
    generic = pattern("generic")
    labels = [label for label in request.labels if slug(label) and not generic.search(label)]
    for label in labels:
        if (found := by_vocabulary(label)) and _fits(found, request):
            return found
    if request.uploading and "upload" not in named:
        return "upload"
    steps = _steps(path)
    if not labels and (found := by_vocabulary(" ".join(steps))) and _fits(found, request):
        return found
    return slug(labels[0]) if labels else slug(steps[-1]) if steps else "call"


def _fits(name: str, request: Request) -> bool:
    return name != "token" and not (name == "upload" and request.method == "GET")


def _steps(path: str) -> list[str]:
    """Words of a path, its placeholders left out."""
    steps = _PLACEHOLDER.sub("", path).split("/")
    return [step.replace("-", " ").replace("_", " ") for step in steps if step]


def _free(name: str, request: Request, path: str, named: Mapping[str, Named]) -> str:
    """``name``, or when another request has it, one from the label, the path, or a number."""
    if name not in named:
        return name
    steps = _steps(path)
    options = [slug(label) for label in request.labels[:1]] + [slug(" ".join(steps[-1:])), slug(" ".join(steps[-2:]))]
    return next((o for o in options if o and o not in named), "") or next(
        f"{name}_{n}" for n in range(2, len(named) + 3) if f"{name}_{n}" not in named
    )


def _polled(page: Page, request: Request, path: str, named: Mapping[str, Named]) -> Named | None:
    """The job whose status a request asks for."""
    if request.method != "GET":
        return None
    posts = [call for call in named.values() if call.main.method not in ("", "GET", "DELETE")]
    if not posts:
        return None
    says = bool(request.polling) or any(map(_POLLS.search, (request.lead, request.text, *request.labels[:1])))
    jobs = [call for call in posts if call.name not in ("token", "session", "message", "upload")]
    if says and jobs:  # in the same statement, or at least in the same section
        above, nearest = page.heading_above(request.line), jobs[-1].all[-1]
        together = above is not None and above == page.heading_above(nearest.line) and nearest.line <= request.line
        if together or page.unit_at(request.line) == page.unit_at(nearest.line):
            return jobs[-1]
    asked = f"{shape(path)}/"
    for call in reversed(posts):
        if asked.startswith(f"{shape(call.path)}/<>/") and (says or call.main.polling):
            return call
    if not says or request.streaming:
        return None
    near = [call for call in jobs if call.main.line <= request.line]
    return near[-1] if near else None


def _find_session(named: dict[str, Named]) -> None:
    """The call whose answer gives an id that other paths or bodies ask for is the session, however it is called."""
    if "session" in named:
        return
    for name, call in list(named.items()):
        if name in ("token", "message", "upload") or call.main.method != "POST" or call.status_of:
            continue
        if _WISH.search(str(call.main.body)):  # it carries what the user asks for: no session
            continue
        ids = {_squeeze(field.rpartition(".")[2]) for field in call.main.returns if re.search(r"(?:_id|Id)\Z", field)}
        users = [other for other in named.values() if other is not call and other.status_of != name]
        if ids and any(_squeeze(asked) in ids for other in users for asked in _asked(other)):
            call.name = "session"
            named["session"] = named.pop(name)
            return


def _asked(call: Named) -> Iterable[str]:
    for request in call.all:
        for text in (call.path, *templates.strings(request.body)):
            yield from (match.strip("<>{}$:") for match in _PLACEHOLDER.findall(text))


def _squeeze(name: str) -> str:
    return re.sub(r"\W|_", "", name).lower()


def abbreviates(short: str, field: str) -> bool:
    """Whether a placeholder is a field's name by its first letters: ``wid`` is ``workspace_id``, ``pjid`` ``printJobId``."""
    letters = _squeeze(short).removesuffix("id")
    *words, last = _NAME_PARTS.findall(field) or [""]
    if not letters or len(letters) > 3 or _squeeze(short) == letters:
        return False
    if not words and last.endswith("id"):  # workspaceid
        words, last = [last[:-2]], "id"
    return last.lower() == "id" and "".join(word[:1] for word in words).lower() == letters


def _fullness(request: Request) -> tuple[int, bool, bool]:
    size = len(request.body) if isinstance(request.body, dict) else len(request.fields) / 10 if request.fields else 0
    return (int(size * 10), not request.path.startswith("http"), bool(request.returns))


def _merge(call: Named, facts: Facts) -> None:
    """Fill what the fullest statement leaves out from the others; report where they contradict each other."""
    main = call.main
    for other in call.all:
        if other is main:
            continue
        for name in ("body", "fields", "file_field", "url_body", "headers", "returns", "timeout", "polling"):
            if not getattr(main, name):
                setattr(main, name, getattr(other, name))
        main.streaming |= other.streaming
        main.uploading |= other.uploading
        if other.body and main.body and _alike(other.body) != _alike(main.body):
            message = f"the body of {call.name} is given twice and differs from line {main.line}, which counts"
            facts.report("two-bodies", Severity.INFO, message, other.line, "make both the same")


def _alike(body: object) -> str:
    return _ANGLED.sub("<>", str(body))


def _verb(call: Named, polled: set[str]) -> Verb:
    """How a call is carried out; ``polled`` are the names of the calls whose status others ask for."""
    main = call.main
    if call.name in ("token", "session"):
        return Verb.ACQUIRE
    if call.status_of:
        return Verb.CALL
    if main.streaming or call.name == "message":
        return Verb.STREAM
    if call.name == "upload" or (main.uploading and (main.file_field or main.url_body)):
        return Verb.UPLOAD
    if call.name in polled or (main.polling and main.method != "GET"):
        return Verb.JOB
    return Verb.CALL
