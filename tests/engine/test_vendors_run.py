"""Skills of other vendors are carried out by the five verbs alone: every request goes where the file says, fully bound."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from skillwire.engine.binding import canonical, placeholders
from skillwire.engine.conversation import Conversation
from skillwire.engine.effects import Closed, Fetch, Fetched, Keep, NextFrame, OpenStream, Reply, Send, Wait
from skillwire.engine.events import Event
from skillwire.engine.flow import run
from skillwire.engine.plan import Attachment, Task, make
from skillwire.spec.build import load
from skillwire.spec.model import Verb
from support.compiled import INVENTED, label

MOST_EFFECTS = 200


def _skill(path):
    return load(path.read_bytes(), source=str(path))


RUNNABLE = [path for path in INVENTED if _skill(path).runnable]


def _put(root, name, value):
    """Set a dotted name of an answer."""
    here = root
    *above, last = name.split(".")
    for step in above:
        here = here.setdefault(step, {})
    here[last] = value


class Vendor:
    """Answers each request with the fields the skill says it returns; a job is done at the second look."""

    def __init__(self, skill):
        self.skill = skill
        self.requests = []
        self.looks = 0

    def answer(self, effect):
        match effect:
            case NextFrame():
                return Closed(1.0, clean=True)
            case OpenStream(request=request):
                self.requests.append(request)
                return Reply(200, streaming=True)
            case Fetch(request=request):
                self.requests.append(request)
                return Fetched(Path("out"), 1)
            case Send(request=request):
                self.requests.append(request)
                return Reply(200, data=self._data(request.call))
            case Wait() | Keep() | Event():
                return None

    def draft(self):
        keys = {meaning.partition(" (")[0]: key for key, meaning in self.skill.draft.keys.items()}
        tracks, segments = keys.get("tracks", "tracks"), keys.get("segments", "segments")
        return {tracks: [{segments: [{"name": "clip"}]}]}

    def _data(self, name):
        call, poll = self.skill.calls[name], self.skill.poll
        data = {}
        for field in call.returns:
            _put(data, field, self.draft() if field.endswith("draft") else f"{name}-{field}")
        if call.verb is Verb.JOB:
            return {"id": "job-7"} | data
        if name.endswith("_status"):
            self.looks += 1
            state = poll.until if self.looks > 1 else "under way"
            _put(data, poll.status_field, state)
            _put(data, poll.url_field, "https://files.example/a.mp4")
        if name == "state":
            data.setdefault("draft", self.draft())
        return data


def _drive(skill, actions):
    vendor = Vendor(skill)
    ids = iter(f"00000000-0000-4000-8000-{n:012}" for n in range(100))
    talk = Conversation(skill, lambda: next(ids), lambda: 1700000000000)
    talk.values |= {"url": "https://files.example/a.png", "name": "Ann"}
    if "token" not in skill.calls:
        talk.values["token"] = "the-user's-own"
    if "state" not in skill.calls:
        talk.recall({"values": {"draft": vendor.draft()}, "asked": []})
    # What an earlier request of the same talk would have given.
    fields = {
        field.rpartition(".")[2] for call in skill.calls.values() if call.verb is Verb.CALL for field in call.returns
    }
    talk.values |= {canonical(field): f"earlier-{field}" for field in fields if field.endswith("_id")}
    takes_files = any(call.verb is Verb.UPLOAD for call in skill.calls.values())
    clip = Attachment("clip.mp4", Path("clip.mp4"), "https://files.example/clip.mp4")
    task = Task("make it so", attachments=(clip,) if takes_files else (), wants_file=False)
    flow = run(talk, make(skill, actions, task), task)
    answer = None
    for _ in range(MOST_EFFECTS):
        try:
            answer = vendor.answer(flow.send(answer))
        except StopIteration:
            return vendor.requests
    raise AssertionError("the run has no end")


@pytest.mark.parametrize("path", RUNNABLE, ids=label)
def test_every_route_sends_what_the_file_says(path):
    skill = _skill(path)
    for route in skill.routes:
        if not {route.action, *route.then} <= skill.calls.keys():
            continue
        requests = _drive(skill, [route.action, *route.then])
        assert {route.action, *route.then} <= {request.call for request in requests}
        for request in requests:
            assert not re.search(r"[<>{}$]|/:", request.url), request.url
            assert not re.search(r"<\w+>|\$\w", json.dumps(request.json)), request.json
            sent = dict(request.headers)
            assert not [name for name, value in sent.items() if re.search(r"[<>{}$]", value)], sent
            if request.call not in ("token", "download"):
                assert sent.items() >= {h.name: h.value for h in skill.headers if h.value}.items()
                assert skill.auth.header in sent
        polled = [request.url for request in requests if request.call.endswith("_status")]
        status = skill.calls.get(f"{route.action}_status")
        if polled and status and not _known_before(skill, status.path):
            assert all("job-7" in url for url in polled), polled


def _known_before(skill, path):
    """Whether a status path asks for nothing new: each of its values is given by another request, or sent with the job."""
    given = {canonical(field.rpartition(".")[2]) for call in skill.calls.values() for field in call.returns}
    sent = {canonical(name) for call in skill.calls.values() for name in call.body or () if isinstance(call.body, dict)}
    return placeholders(path) <= given | sent | {"session_id"}
