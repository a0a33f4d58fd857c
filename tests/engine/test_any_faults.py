"""Whatever a service answers, a run ends within its bound, sends no message twice, and loses no finished file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillwire.catalog import find
from skillwire.engine.conversation import Conversation
from skillwire.engine.effects import (
    Closed,
    Failed,
    Fetch,
    Fetched,
    Frame,
    Keep,
    NextFrame,
    OpenStream,
    Reply,
    Send,
    Silence,
    Wait,
)
from skillwire.engine.events import Artifact, Event
from skillwire.engine.flow import run
from skillwire.engine.plan import Attachment, Task, make
from skillwire.errors import SkillwireError

SKILLS = ("video-ai-no", "objectremover-video", "video-audio-remover", "video-editing-ai-background")
MOST_EFFECTS = 250
MOST_SECONDS = 3600 * 2
CODES = (0, 1001, 1002, 2001, 4001, 4002, 400, 402, 429, 5555)
DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "clip"}}]}]}

usual = st.none()
coded = st.sampled_from(CODES).map(lambda code: Reply(200, data={"code": code}))
status = st.sampled_from((302, 401, 403, 404, 429, 500, 503)).map(lambda s: Reply(s, text="<html>"))
odd = st.sampled_from((None, [], "x", 3, {"data": None}, {"code": "x"})).map(lambda data: Reply(200, data=data))
lost = st.booleans().map(lambda sent: Failed("reset", sent=sent))
later = st.sampled_from(("1", "60", "99999", "soon")).map(
    lambda after: Reply(429, {"retry-after": after}, data={"code": 429})
)
CALLS = ("token", "session", "upload", "state", "message", "export", "export_status", "download")
# Per call, so that a fault late in a run is as likely as one at its start.
faults = st.dictionaries(
    st.sampled_from(CALLS), st.lists(st.one_of(usual, coded, status, odd, lost, later), max_size=8), max_size=3
)
frame = st.one_of(
    st.sampled_from(('{"content":{"parts":[{"text":"hi"}]}}', "", "heartbeat", '{"errorMessage":"x"}', "nonsense")).map(
        lambda data: ("frame", data)
    ),
    st.just(("silence", "")),
    st.booleans().map(lambda clean: ("closed", clean)),
)


class Service:
    """Answers effects: faults first, then the happy path; drafts change when a stream was opened and ``edits``."""

    def __init__(self, faults, frames, *, edits):
        self.faults = {call: list(answers) for call, answers in faults.items()}
        self.frames, self.edits = list(frames), edits
        self.messages = 0
        self.may_have_arrived = 0
        self.finished = False
        self.edited = 0
        self.clock = 0.0

    def answer(self, effect):
        match effect:
            case NextFrame(seconds=seconds):
                self.clock += seconds
                kind, value = self.frames.pop(0) if self.frames else ("closed", True)
                if kind == "frame":
                    return Frame(value, self.clock)
                return Silence(self.clock) if kind == "silence" else Closed(self.clock, clean=value)
            case OpenStream():
                return self._opened()
            case Fetch():
                fault = self._fault("download")
                return Fetched(Path("out"), 1) if fault is None else fault
            case Send(request=request):
                fault = self._fault(request.call)
                answer = fault if fault is not None else self._usual(request.call)
                if request.call == "export_status" and isinstance(answer, Reply) and answer.data == self._done():
                    self.finished = True
                return answer
        return None

    def _fault(self, call):
        return self.faults[call].pop(0) if self.faults.get(call) else None

    def _opened(self):
        self.messages += 1
        self.clock = 0.0
        fault = self._fault("message")
        if fault is None:
            self.may_have_arrived += 1
            self.edited += self.edits
            return Reply(200, streaming=True)
        refused = isinstance(fault, Reply) and (fault.status in (401, 429) or isinstance(fault.data, dict))
        never_left = isinstance(fault, Failed) and not fault.sent
        self.may_have_arrived += not (refused or never_left)
        return fault

    @staticmethod
    def _done():
        return {"status": "completed", "output": {"url": "/f.mp4"}}

    def _usual(self, call):
        draft = {**DRAFT, "d": self.edited}
        data = {
            "token": {"token": "t"},
            "session": {"session_id": "s", "task_id": "t"},
            "state": {"state": {"draft": draft}},
        }.get(call, {})
        return Reply(200, data=self._done() if call == "export_status" else {"code": 0, "data": data})


@pytest.mark.parametrize("name", SKILLS)
@settings(max_examples=120, deadline=None)
@given(faults=faults, frames=st.lists(frame, max_size=30), edits=st.booleans())
def test_any_faults(name, faults, frames, edits):
    skill = find(name)
    service = Service(faults, frames, edits=edits)
    talk = Conversation(skill, new_id=lambda: "id", now_ms=lambda: 0)
    task = Task("remove it", (Attachment("clip.mp4", Path("clip.mp4")),))
    flow = run(talk, make(skill, ["message", "export"], task), task)
    answer, effects, waited, artifacts, fetched, error = None, 0, 0.0, 0, False, None
    try:
        while True:
            step = flow.send(answer)
            answer = None
            if isinstance(step, Event):
                artifacts += isinstance(step, Artifact)
                continue
            effects += 1
            fetched = fetched or isinstance(step, Fetch)
            assert effects <= MOST_EFFECTS
            if isinstance(step, Wait):
                waited += step.seconds
                assert waited <= MOST_SECONDS
            elif not isinstance(step, Keep):
                answer = service.answer(step)
    except StopIteration:
        pass
    except SkillwireError as failure:
        error = failure
    assert service.may_have_arrived <= 1, "a message that may have arrived is never sent again"
    assert artifacts == (1 if error is None else 0)
    if service.finished:
        assert fetched, "a finished file is fetched, whatever happened before"
