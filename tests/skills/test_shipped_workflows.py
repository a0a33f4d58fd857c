"""The workflows that the four skills describe, on real footage: quick edit, batch style, iterative."""

from __future__ import annotations

import json
import subprocess

import av
import imageio_ffmpeg
import numpy as np
import pytest

from support.command import skillwire
from support.media import kinds, packets

# Skill → the words of its own quick edit, and whether the pictures change by it.
QUICK = {
    "video-ai-no": ("remove the person in the background from my video automatically", True),
    "objectremover-video": ("remove the car parked in the background from the entire video", True),
    "video-audio-remover": ("remove all audio from this video and export it silent", False),
    "video-editing-ai-background": ("remove my background and replace it with a clean office setting", True),
}


@pytest.fixture(scope="module")
def street(tmp_path_factory, footage):
    """A rider, cars and passers-by, with sound: 2 s at 640×272."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", "4.2", "-t", "2", "-i", footage / "bikes.mp4"]
    command += ["-f", "lavfi", "-t", "2", "-i", "sine=frequency=440", "-c:v", "libx264", "-c:a", "aac", path]
    subprocess.run(command, check=True)
    return path


def _pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def _changed(one, other):
    return float(
        np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(_pictures(one), _pictures(other), strict=True)])
    )


@pytest.mark.parametrize("skill", QUICK)
def test_quick_edit(skill, street, tmp_path):
    words, pictures_change = QUICK[skill]
    done = skillwire("run", skill, street, words, "-o", tmp_path / "out.mp4")
    assert done.returncode == 0, done.stderr
    assert kinds(tmp_path / "out.mp4") == (["video", "audio"] if pictures_change else ["video"])
    if pictures_change:
        assert _changed(street, tmp_path / "out.mp4") > 1
    else:
        assert packets(street) == packets(tmp_path / "out.mp4")


def test_batch_style_a_render_for_each_with_words_of_its_own(street, tmp_path):
    rows = ["skill,files,words,output"]
    rows += [f"{skill},{street},{words},{skill}.mp4" for skill, (words, _) in QUICK.items()]
    (tmp_path / "jobs.csv").write_text("\n".join(rows))
    done = skillwire("batch", tmp_path / "jobs.csv", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["done"] == len(QUICK)
    for skill, (_, pictures_change) in QUICK.items():
        assert (_changed(street, tmp_path / f"{skill}.mp4") > 1) is pictures_change


@pytest.mark.parametrize("skill", QUICK)
def test_iterative_a_rough_cut_seen_and_refined(skill, street, footage, tmp_path):
    """One session: two clips, a rough cut, the timeline, an export, refinements of one clip and of all, another export."""
    lines = [
        f"'{street}'",
        f"'{footage / 'bigbuckbunny.mp4'}'",
        "trim the second clip to the first 2 seconds",
        "/timeline",
        "/export rough.mp4",
        "remove the sound from the first clip",
        "make the second clip twice as fast",
        "/undo",
        'add the text "Weekend 周末" at the bottom',
        "/export final.mp4",
        "/quit",
    ]
    done = skillwire("chat", skill, cwd=tmp_path, input="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    assert "bigbuckbunny.mp4 (2-4s)" in done.stdout, done.stdout
    with av.open(str(tmp_path / "rough.mp4")) as rough, av.open(str(tmp_path / "final.mp4")) as final:
        assert rough.duration / 1e6 == pytest.approx(4, abs=0.1)
        assert final.duration / 1e6 == pytest.approx(4, abs=0.1)

        def loudness(container, start, end):
            found = [
                np.abs(frame.to_ndarray()).max() for frame in container.decode(audio=0) if start <= frame.time <= end
            ]
            return max(found)

        assert loudness(rough, 0.2, 1.4) > 0.05
        assert loudness(final, 0.2, 1.4) < 0.01
    assert _changed(tmp_path / "rough.mp4", tmp_path / "final.mp4") > 0.2
