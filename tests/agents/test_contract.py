"""What every agent promises, whoever wrote it: one run, its calls and events in order, its file whole, nothing let out."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
import tempfile
import tomllib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from skillwire.agents import cassette, registry
from skillwire.catalog import find
from skillwire.errors import ServiceRefused, UsageError
from skillwire.folders import data_dir
from skillwire.session import open_session
from support import loopback_only, standin
from support.adk_standin import AdkStandIn
from support.media import kinds
from support.standin import FINISHED, StandIn

SKILL = "video-audio-remover"
WORDS = "remove all audio from this video"
DOC = Path(__file__).resolve().parents[2] / "docs" / "agents.md"
ADK_TOKEN = "adk_token_of_the_user"


@dataclass
class Case:
    """An agent as a user names it, the secrets there were (known when the run is over), and what is different about it."""

    reference: str
    secrets: list[str] = field(default_factory=list)
    made: bytes | None = FINISHED
    has_credits: bool = True
    dry: bool = False


@contextmanager
def local(**_):
    yield Case("local", made=None)


@contextmanager
def dry(**_):
    yield Case("dry", dry=True)


@contextmanager
def address(**_):
    with StandIn() as service:
        yield Case(service.url, service.issued)


@contextmanager
def cloud(patch, **_):
    with StandIn() as service:
        patch.setenv("NEMO_API_URL", service.url)
        yield Case("cloud", service.issued)


@contextmanager
def replay(folder, clip, **_):
    recorded = folder / "recorded.yaml"
    with StandIn() as service, open_session(SKILL, agent=service.url, record=recorded) as session:
        list(session.run(WORDS, [clip], output=folder / "recorded.mp4"))
        list(session.run("how many credits are left?"))
    yield Case(f"replay:{recorded}", service.issued)


@contextmanager
def adk(patch, **_):
    patch.setenv("SKILLWIRE_ADK_TOKEN", ADK_TOKEN)
    with AdkStandIn() as server:
        yield Case(server.agent, [ADK_TOKEN], has_credits=False)
    assert {seen.headers["authorization"] for seen in server.seen} <= {f"Bearer {ADK_TOKEN}"}


class UnixServer(ThreadingHTTPServer):
    """The stand-in's server on a socket file."""

    address_family = socket.AF_UNIX
    server_port = 0

    def server_bind(self):
        self.socket.bind(self.server_address)

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("", 0)


@contextmanager
def third_party(folder, patch, **_):
    """The example of the documentation, installed as its own distribution."""
    code, project = (
        re.search(rf"^```{language}\n(.*?)^```$", DOC.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[1]
        for language in ("python", "toml")
    )
    project = tomllib.loads(project)["project"]
    ((name, target),) = project["entry-points"][registry.GROUP].items()
    site = folder / "site-packages"
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    info.joinpath("entry_points.txt").write_text(f"[{registry.GROUP}]\n{name} = {target}\n")
    module = target.partition(":")[0]
    site.joinpath(f"{module}.py").write_text(code)
    patch.syspath_prepend(str(site))
    # A socket's path may have a hundred characters, which a test's own folder can use up.
    with tempfile.TemporaryDirectory(dir="/tmp") as short, patch.context() as inner:
        path = Path(short) / "studio.sock"
        inner.setattr(standin, "ThreadingHTTPServer", lambda _, handler: UnixServer(str(path), handler))
        with StandIn() as service:
            yield Case(f"{name}:{path}", service.issued)
    sys.modules.pop(module, None)


AGENTS = {
    "local": local,
    "cloud": cloud,
    "dry": dry,
    "replay": replay,
    "adk": adk,
    "socket": third_party,
    "an address": address,
}
_armed: list[bool] = []
sys.addaudithook(lambda event, arguments: _armed and loopback_only.guard(event, arguments))


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch, tmp_path):
    """This process, and those it starts, can reach no other machine."""
    folder = tmp_path / "guard"
    folder.mkdir()
    shutil.copyfile(loopback_only.__file__, folder / "loopback_only.py")
    (folder / "sitecustomize.py").write_text("import loopback_only\n\nloopback_only.install()\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    _armed.append(True)
    yield
    _armed.clear()


@pytest.fixture
def clip(tmp_path, footage):
    return shutil.copyfile(footage / "bigbuckbunny.mp4", tmp_path / "clip.mp4")


@pytest.fixture(params=AGENTS)
def case(request, tmp_path, clip, monkeypatch):
    folder = tmp_path / "agent"
    folder.mkdir()
    with ExitStack() as stack:
        yield stack.enter_context(AGENTS[request.param](folder=folder, clip=clip, patch=monkeypatch))


def test_every_agent_that_can_be_opened_is_driven_here(tmp_path, monkeypatch):
    before = registry.names()
    with third_party(folder=tmp_path, patch=monkeypatch) as case:
        assert set(registry.names()) - set(before) == {"socket"}
        assert AGENTS.keys() >= set(registry.BUILT_IN) | {"socket"}
        with pytest.raises(UsageError, match=r"choose local, .*socket"):
            registry.open_agent("sockets:x", find(SKILL))
        with pytest.raises(UsageError, match="there is no socket"):
            registry.open_agent(f"{case.reference}.not", find(SKILL))
    listed = set(re.findall(r"^\| `([a-z]+)", DOC.read_text(encoding="utf-8").split("\n## ")[0], re.MULTILINE))
    assert listed - {"https"} == set(registry.BUILT_IN), "the documentation lists them all"


def test_a_run(case, clip, tmp_path):
    out, tape = tmp_path / "out.mp4", tmp_path / "tape.yaml"
    original = clip.read_bytes()
    with open_session(SKILL, agent=case.reference, record=tape) as session:
        events = [event.to_dict() for event in session.run(WORDS, [clip], output=out)]

    sent = [event["call"] for event in events] if case.dry else [e.call for e in cassette.load(tape).exchanges]
    calls = " ".join(sent)
    order = "token session upload (state )?message (state )+export (export_status )*download"
    assert re.fullmatch(order, calls), calls

    told = " ".join(event["event"] for event in events)
    if case.dry:
        assert {event["event"] for event in events} == {"request"}
        assert not out.exists()
    else:
        assert re.fullmatch(
            "(status )+((text|timeline|status|progress) )*timeline (status )+(progress )*artifact", told
        ), told
        assert (events[-1]["path"], events[-1]["bytes"]) == (str(out), out.stat().st_size)
        assert kinds(out) == ["video"] if case.made is None else out.read_bytes() == case.made
    assert clip.read_bytes() == original

    written = b"".join(
        path.read_bytes()
        for folder in (tmp_path, data_dir())
        for path in folder.rglob("*")
        if path.is_file() and path.name != "credentials.json"
    )
    for secret in case.secrets:
        assert secret not in json.dumps(events)
        assert secret.encode() not in written

    if not case.dry:
        again = tmp_path / "again.mp4"
        with open_session(SKILL, agent=f"replay:{tape}") as session:
            assert len(list(session.run(WORDS, [clip], output=again))) == len(events)
        assert again.read_bytes() == out.read_bytes()


def test_a_question(case):
    with open_session(SKILL, agent=case.reference) as session:
        if not case.has_credits:
            with pytest.raises(ServiceRefused, match="no such call"):
                list(session.run("how many credits are left?"))
            return
        events = [event.to_dict() for event in session.run("how many credits are left?")]
    assert events[-1]["event"] == ("request" if case.dry else "fields")
    assert case.dry or events[-1]["values"].keys() == {"available", "frozen", "total"}


def test_what_an_agent_is(case, clip):
    skill = find(SKILL)
    agent = registry.open_agent(case.reference, skill)
    try:
        assert agent.name == case.reference, "a run is resumed by the name it was started with"
        assert agent.loopback, "none of these needs consent"
        assert isinstance(agent.service, str)
        assert agent.base_url is None or httpx.URL(agent.base_url).host
        assert agent.poll_every is None or agent.poll_every >= 0
        assert {type(flag) for flag in (agent.loopback, agent.user_token, agent.dry, agent.outlives_us)} == {bool}
        reference = agent.hand_over(clip)
        if reference is not None:
            assert Path(httpx.URL(reference).path).read_bytes() == clip.read_bytes()
        transport = agent.transport()
        assert isinstance(transport, httpx.BaseTransport)
        transport.close()
    finally:
        agent.close()
    agent.close()


def test_the_guard_of_these_tests_guards():
    with pytest.raises(AssertionError, match="leave the machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
