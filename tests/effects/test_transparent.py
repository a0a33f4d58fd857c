"""People on a transparent background: what is written can be seen through where nobody is, and nowhere else."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest

from skillwire.studio.draft import Draft, Title, appended, from_json, to_json
from skillwire.studio.edit import Behind, apply
from skillwire.studio.effects.backdrop.choices import Background
from skillwire.studio.effects.backdrop.replace import cut_out
from skillwire.studio.effects.planes import planes_of
from skillwire.studio.media.forms import MOV, WEBM, transparent_form
from skillwire.studio.render import render

DECODERS = {".webm": "libvpx-vp9", ".mov": "prores"}


def _draft(*names, sound=True, behind=frozenset({"m"})):
    draft = Draft()
    for name in names or ("m",):
        draft = appended(draft, name, f"{name}.mp4", 1000, sound=sound)
    operation = {"op": "replace_background", "with": "transparent"}
    return apply(draft, operation, behind=Behind(Background("transparent"), "", behind)).draft


def _decoded(path):
    """Colour and alpha of each frame as arrays of rgba, 8 bits."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        # The native decoder of VP9 leaves alpha out.
        decoder = av.CodecContext.create(DECODERS[path.suffix], "r")
        if stream.codec_context.extradata:
            decoder.extradata = stream.codec_context.extradata
        decoder.width, decoder.height = stream.width, stream.height
        frames = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
        return [frame.to_ndarray(format="rgba") for frame in frames]


def _alpha_planes(path):
    with av.open(str(path)) as container:
        frames = (frame.reformat(format="yuv420p") for frame in container.decode(video=0))
        return [np.array(_fourth(frame)) for frame in cut_out(frames)]


def _fourth(frame):
    plane = frame.planes[3]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_the_alpha_that_is_decoded_is_the_matte(suffix, spoken, media_file, tmp_path):
    target = tmp_path / f"out{suffix}"
    assert render(_draft(), {"m": media_file(spoken)}, target, "high", lambda _: None) == []
    truth, found = _alpha_planes(spoken), _decoded(target)
    assert len(found) == len(truth) == 25
    for alpha, picture in zip(truth, found, strict=True):
        seen = picture[..., 3]
        assert np.abs(seen.astype(int) - alpha).mean() < 1.5
        both, either = (seen > 127) & (alpha > 127), (seen > 127) | (alpha > 127)
        assert both.sum() > 0.98 * either.sum()
        assert seen[60:90, 80:110].mean() > 245  # his face
        assert seen[:30, :40].max() < 12  # the window
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize(("suffix", "codec"), [(".webm", "opus"), (".mov", "pcm_s16le")])
def test_the_sound_is_kept(suffix, codec, spoken, media_file, tmp_path):
    target = tmp_path / f"out{suffix}"
    render(_draft(), {"m": media_file(spoken)}, target, "draft", lambda _: None)
    with av.open(str(target)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name.removeprefix("lib") == codec
        resampler = av.AudioResampler("flt", "mono", 48_000)
        samples = np.concatenate(
            [piece.to_ndarray()[0] for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        )
    assert abs(len(samples) - 48_000) < 3000
    spectrum = np.abs(np.fft.rfft(samples[8000:40_000]))
    assert abs(int(spectrum.argmax()) * 48_000 / 32_000 - 440) < 3


def test_the_old_background_is_not_in_the_file(man, media_file, tmp_path):
    render(_draft(sound=False), {"m": media_file(man)}, tmp_path / "out.mov", "high", lambda _: None)
    with av.open(str(tmp_path / "out.mov")) as container:
        frame = next(container.decode(video=0))
    luma = planes_of(frame.reformat(format="yuv420p")).y
    assert luma[:30, :40].max() <= 20
    assert luma[60:90, 80:110].std() > 10


def test_other_clips_and_titles_stay_opaque(man, media_file, tmp_path):
    draft = _draft("m", "n", sound=False)
    draft = from_json(json.loads(json.dumps(to_json(draft))))
    draft = Draft(draft.video, titles=(Title("WWWWW", 0, 1000, "top"),))
    media = {"m": media_file(man), "n": media_file(man)}
    render(draft, media, tmp_path / "out.webm", "high", lambda _: None)
    found = _decoded(tmp_path / "out.webm")
    first, last = found[12], found[-5]
    assert last[..., 3].min() > 250
    title = first[:30]
    assert (title[..., 3] > 240).sum() > 100
    assert title[..., :3][title[..., 3] > 250].max() > 220
    assert first[130:, :10, 3].max() < 12


def test_an_mp4_shows_a_checkerboard(man, media_file, tmp_path):
    render(_draft(sound=False), {"m": media_file(man)}, tmp_path / "out.mp4", "high", lambda _: None)
    with av.open(str(tmp_path / "out.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    corner = picture[:30, :30].astype(int)
    assert (corner > 195).mean() > 0.3
    assert (corner < 195).mean() > 0.3
    assert corner.min() > 150


def test_editors_get_what_editors_read():
    assert transparent_form(["prores"]) is MOV
    assert transparent_form(["prores", "h264"]) is WEBM
    assert transparent_form(["h264"]) is WEBM
    assert transparent_form([]) is WEBM
