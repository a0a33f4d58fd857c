"""A token is in the vault and in the Authorization header of its own host, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillwire.agents.local import _clean_environment
from skillwire.folders import cache_dir, data_dir
from support.command import skillwire
from support.standin import FINISHED, StandIn

SKILLS = ("video-ai-no", "objectremover-video", "video-audio-remover", "video-editing-ai-background")
FAULTS = {
    "a good run": [],
    "a refused token": [{"call": "session", "json": {"code": 1001, "message": "bad token"}}],
    "an echo of the token": [{"call": "upload", "status": 500, "text": "ECHO"}],
    "an echo in the stream": [{"call": "message", "sse": [{"content": {"parts": [{"text": "ECHO"}]}}]}],
    "a failed job": [{"call": "export_status", "json": {"status": "failed", "error": "ECHO"}}],
    "a cut download": [{"call": "download", "nth": "all", "cut": 9, "raw": FINISHED, "type": "video/mp4"}],
}


def written(*folders):
    """Every file below the folders, but the vault's own."""
    vault = data_dir() / "vault"
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and vault not in path.parents:
                yield path


@pytest.mark.parametrize("skill", SKILLS)
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_no_token_outside_its_header_and_the_vault(skill, faults, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(FINISHED)
    with StandIn(faults=[dict(fault) for fault in faults]) as service:
        # A careless service repeats the token it was sent in its answers.
        echoed = json.dumps(service.faults, default=bytes.hex).replace("ECHO", "token nmv_usr_0secret is bad")
        service.faults[:] = json.loads(echoed) if "ECHO" in str(faults) else service.faults
        done = skillwire(
            "--debug", "run", skill, "clip.mp4", "remove all audio", "--json",
            "--agent", service.url, "--record", "run.yaml", cwd=tmp_path,
        )  # fmt: skip
        skillwire("jobs", "--json")
        secrets = [*service.issued, "nmv_usr_0secret"]
        seen = service.seen
    for secret in secrets:
        for request in seen:
            assert secret not in request.path
            assert secret.encode() not in request.body
            carriers = {name for name, value in request.headers.items() if secret in value}
            assert carriers <= {"authorization"}
        for path in written(tmp_path, data_dir(), cache_dir()):
            assert secret.encode() not in path.read_bytes(), path
        assert secret not in done.stdout + done.stderr
    assert any(secret.encode() in path.read_bytes() for secret in secrets for path in (data_dir() / "vault").iterdir())


def test_a_users_token_reaches_no_child_process(monkeypatch):
    for name in ("NEMO_TOKEN", "OTHER_API_KEY", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD"):
        monkeypatch.setenv(name, "s3cret")
    environment = _clean_environment()
    assert "s3cret" not in environment.values()
    assert environment["PATH"], "what a process needs stays"


def test_the_users_token_goes_to_the_host_the_user_named(tmp_path, monkeypatch):
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_mine")
    Path(tmp_path / "clip.mp4").write_bytes(FINISHED)
    with StandIn() as service:
        done = skillwire("run", SKILLS[0], "clip.mp4", "remove the dog", "--agent", service.url, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "token" not in service.calls
        assert {request.headers["authorization"] for request in service.seen} == {"Bearer nmv_usr_mine"}
    for path in written(tmp_path, data_dir(), cache_dir()):
        assert b"nmv_usr_mine" not in path.read_bytes()
    assert not any(b"nmv_usr_mine" in path.read_bytes() for path in (data_dir() / "vault").iterdir())
