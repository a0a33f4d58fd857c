"""Cassettes: a run's requests and answers in one readable YAML file, secrets redacted, answers byte for byte.

    skillwire_cassette: 1
    skill: video-audio-remover
    base_url: https://host
    exchanges:
    - call: message                  # the skill's call
      request: {method, path, headers, body}
      answer: {status, headers, text | base64 | file}

``text`` is an answer that is UTF-8, exact to its line ends; ``base64`` a short one of any bytes; ``file`` a longer one, in
the folder ``CASSETTE.d`` beside, named by its SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from skillwire.errors import OutputFailed, UsageError
from skillwire.spec.marks import secret_header

VERSION = 1
INLINE = 64 * 1024
"""Bytes up to which an answer that is no text stands in the file itself."""
REDACTED = "redacted"
_SECRET_NAMES = re.compile(r"token|secret|password|api_?key|signature|credential", re.IGNORECASE)
_SECRET_QUERY = re.compile(r"([?&][^=&\s\"]*(?:token|secret|signature|key)[^=&\s\"]*=)[^&\s\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. ``body`` is the answer's bytes after redaction."""

    call: str
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: Any
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Cassette:
    """All exchanges of a run, in order."""

    skill: str
    base_url: str
    exchanges: list[Exchange] = field(default_factory=list)


class Redactor:
    """Takes secrets out of what is recorded: by the name of a header or field, and by value wherever they show again."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def headers(self, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Headers with lower-case names and secret values replaced; their values are remembered as secrets."""
        kept: dict[str, str] = {}
        for name, value in pairs:
            lower = name.lower()
            if secret_header(lower) or lower.endswith("client-id"):
                self._values.add(value.rsplit(" ", 1)[-1])
                kept[lower] = REDACTED
            else:
                kept[lower] = self.text(value)
        return kept

    def learn(self, data: Any) -> None:
        """Remember every string that stands under a secret's name in a JSON value."""
        if isinstance(data, Mapping):
            for name, value in data.items():
                if isinstance(value, str) and value and _SECRET_NAMES.search(str(name)):
                    self._values.add(value)
                else:
                    self.learn(value)
        elif isinstance(data, list):
            for item in data:
                self.learn(item)

    def text(self, text: str) -> str:
        """``text`` without any secret seen so far and without secret query values."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= 6:  # shorter ones would tear words apart, and are no secrets worth the name
                text = text.replace(value, REDACTED)
        return _SECRET_QUERY.sub(rf"\g<1>{REDACTED}", text)

    def body(self, content: bytes) -> bytes:
        """An answer's bytes without secrets; bytes that are no text stay as they are."""
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return content
        with suppress(ValueError):
            self.learn(json.loads(text))
        cleaned = self.text(text)
        return content if cleaned == text else cleaned.encode()


def save(cassette: Cassette, path: Path) -> None:
    """Write a cassette, whole or not at all. Raises ``OutputFailed``."""
    try:
        document = {
            "skillwire_cassette": VERSION,
            "skill": cassette.skill,
            "base_url": cassette.base_url,
            "exchanges": [_to_yaml(exchange, path) for exchange in cassette.exchanges],
        }
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                yaml.dump(document, out, _Dumper, sort_keys=False, allow_unicode=True, width=120)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFailed(
            f"the recording cannot be written ({error.strerror})", where=str(path), fix="choose another file"
        ) from error


def load(path: Path) -> Cassette:
    """Read a cassette. Raises ``UsageError`` when it is none."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if document["skillwire_cassette"] != VERSION:
            raise UsageError(f"this cassette has the form {document['skillwire_cassette']}", where=str(path))
        exchanges = [_from_yaml(item, path) for item in document["exchanges"]]
        return Cassette(document["skill"], document["base_url"], exchanges)
    except OSError as error:
        raise UsageError(f"cannot read the cassette ({error.strerror})", where=str(error.filename)) from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("this is no cassette", where=str(path), fix="make one with --record FILE") from error


def _to_yaml(exchange: Exchange, path: Path) -> dict[str, Any]:
    request = {"method": exchange.method, "path": exchange.path, "headers": exchange.request_headers}
    if exchange.request_body is not None:
        request["body"] = exchange.request_body
    return {
        "call": exchange.call,
        "request": request,
        "answer": {"status": exchange.status, "headers": exchange.headers, **_body_to_yaml(exchange.body, path)},
    }


def _body_to_yaml(body: bytes, path: Path) -> dict[str, str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = None
    # YAML cannot carry every control character; what it would bend is kept as bytes.
    if text is not None and yaml.safe_load(yaml.dump(text, Dumper=_Dumper, allow_unicode=True)) == text:
        return {"text": text}
    if len(body) <= INLINE:
        return {"base64": base64.b64encode(body).decode()}
    folder = path.with_name(f"{path.name}.d")
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(body).hexdigest()
    (folder / name).write_bytes(body)
    return {"file": name}


def _from_yaml(item: Mapping[str, Any], path: Path) -> Exchange:
    request, answer = item["request"], item["answer"]
    return Exchange(
        call=str(item["call"]),
        method=str(request["method"]),
        path=str(request["path"]),
        request_headers=dict(request["headers"]),
        request_body=request.get("body"),
        status=int(answer["status"]),
        headers={str(name): str(value) for name, value in answer["headers"].items()},
        body=_body_from_yaml(answer, path),
    )


def _body_from_yaml(answer: Mapping[str, Any], path: Path) -> bytes:
    if "text" in answer:
        return str(answer["text"]).encode()
    if "base64" in answer:
        return base64.b64decode(answer["base64"], validate=True)
    name = str(answer["file"])
    if not re.fullmatch(r"[0-9a-f]{64}", name):
        raise ValueError(name)
    body = (path.with_name(f"{path.name}.d") / name).read_bytes()
    if hashlib.sha256(body).hexdigest() != name:
        raise UsageError("a file of the cassette was changed", where=str(path), fix="record it again")
    return body


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a stream reads as it came."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and "\r" not in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)
