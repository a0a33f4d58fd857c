"""What the shipped skills compile to: the same whole config for all four, whichever forms their text takes."""

from pathlib import Path

import pytest

from skillwire.spec.build import load
from skillwire.spec.model import Severity

SKILLS = Path(__file__).resolve().parents[2] / "skills"
NAMES = sorted(path.parent.name for path in SKILLS.glob("*/SKILL.md"))
ROUTES = [
    ("export", ("export", "导出", "download", "send me the video"), (), True),
    ("credits", ("credits", "积分", "balance", "余额"), (), True),
    ("state", ("status", "状态", "show tracks"), (), True),
    ("upload", ("upload", "上传"), ("file",), True),
    ("message", (), (), False),
]
ERRORS = {
    0: "continue",
    1001: "reauthenticate",
    1002: "new-session",
    2001: "tell",
    4001: "tell",
    4002: "tell",
    400: "new-client-id",
    402: "tell",
    429: "retry",
}
GUI = [("click", "execute"), ("open", "state"), ("drag/drop", "message"), ("preview", "summary"), ("Export", "export")]
CALLS = {
    "token": ("acquire", "POST", "/api/auth/anonymous-token"),
    "session": ("acquire", "POST", "/api/tasks/me/with-session/nemo_agent"),
    "message": ("stream", "POST", "/run_sse"),
    "upload": ("upload", "POST", "/api/upload-video/nemo_agent/me/<sid>"),
    "credits": ("call", "GET", "/api/credits/balance/simple"),
    "state": ("call", "GET", "/api/state/nemo_agent/me/<sid>/latest"),
    "export": ("job", "POST", "/api/render/proxy/lambda"),
    "export_status": ("call", "GET", "/api/render/proxy/lambda/<id>"),
}
FORMATS = ("mp4", "mov", "avi", "webm", "mkv", "jpg", "png", "gif", "webp", "mp3", "wav", "m4a", "aac")


@pytest.fixture(scope="module", params=NAMES)
def skill(request):
    path = SKILLS / request.param / "SKILL.md"
    return load(path.read_bytes(), source=str(path))


def test_it_runs_and_nothing_is_wrong_with_it(skill):
    assert skill.missing == ()
    assert [problem for problem in skill.problems if problem.severity is not Severity.INFO] == []


def test_routes(skill):
    assert [(r.action, r.phrases, r.events, r.skip_sse) for r in skill.routes] == ROUTES
    assert [r.fallback for r in skill.routes] == [False] * 4 + [True]


def test_errors(skill):
    assert {rule.code: str(rule.recovery) for rule in skill.errors} == ERRORS
    assert [(rule.after, rule.times) for rule in skill.errors if rule.code == 429] == [(30, 1)]


def test_translations(skill):
    assert [
        (row.match[0].startswith(said), str(row.action)) for row, (said, _) in zip(skill.translations, GUI, strict=True)
    ] == [(True, action) for _, action in GUI]


def test_calls(skill):
    assert {name: (str(call.verb), call.method, call.path) for name, call in skill.calls.items()} == CALLS
    assert [name for name, call in skill.calls.items() if call.default or call.line is None] == []
    assert skill.calls["message"].timeout == 900


def test_headers(skill):
    assert [(header.name, header.value) for header in skill.headers] == [
        ("X-Skill-Source", skill.name),
        ("X-Skill-Version", "1.0.0"),
        ("X-Skill-Platform", "unknown"),
    ]
    assert (skill.auth.env, skill.auth.scheme, skill.auth.client_id_header) == ("NEMO_TOKEN", "Bearer", "X-Client-Id")


def test_limits_and_times(skill):
    assert skill.formats == FORMATS
    assert skill.max_bytes == 500 * 1024 * 1024
    assert (skill.poll.every, skill.poll.times, skill.poll.until, skill.poll.failed) == (
        30,
        10,
        "completed",
        ("failed",),
    )
    assert (skill.stream.notice_every, skill.stream.timeout, skill.stream.silent_edit) == (120, 900, True)
    assert skill.stream.notice == "⏳ Still working..."


def test_draft_examples_and_wording(skill):
    assert {key: meaning.split(" (")[0] for key, meaning in skill.draft.keys.items()} == {
        "t": "tracks",
        "tt": "track type",
        "sg": "segments",
        "d": "duration",
        "m": "metadata",
    }
    assert skill.draft.track_types == {0: "video", 1: "audio", 7: "text"}
    assert len(skill.examples) == 3
    assert skill.wording.connecting in ("Connecting...", "Setting things up...")
    assert skill.wording.ready in ("Ready!", "Connected and ready.")
