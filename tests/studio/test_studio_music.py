"""The beds of music that the studio makes itself."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from skillwire.studio.media import music
from skillwire.studio.media.music import compose, mood_for

MOODS = json.loads(Path(music.__file__).with_name("moods.json").read_bytes())


@pytest.mark.parametrize(
    ("query", "mood"),
    [
        ("lo-fi beats to study", "lo-fi"),
        ("Dark techno", "electronic"),
        ("something happy and upbeat", "happy"),
        ("epic trailer music", "cinematic"),
        ("欢快的背景音乐", "happy"),
        ("悲伤的钢琴曲", "sad"),
        ("商务科技", "inspiring"),
        ("舒缓", "calm"),
    ],
)
def test_mood_by_words(query, mood):
    assert mood_for(query) == (mood, True)


@pytest.mark.parametrize("query", ["", "zydeco", "popular", "聊天"])
def test_words_that_name_no_mood(query):
    assert mood_for(query) == (music.DEFAULT_MOOD, False)


def read(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 48_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768


@pytest.mark.parametrize("mood", MOODS)
def test_a_bed_is_the_same_each_time_loops_and_is_neither_silent_nor_too_loud(mood, tmp_path):
    length = compose(mood, tmp_path / "a.wav")
    compose(mood, tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    samples = read(tmp_path / "a.wav")
    assert len(samples) == length * 48
    assert 20_000 < length < 70_000
    assert np.abs(samples).max() <= 0.71
    seconds = samples[: len(samples) // 48_000 * 48_000].reshape(-1, 48_000, 2)
    assert np.sqrt((seconds**2).mean((1, 2))).min() > 0.01
    assert np.abs(samples[0] - samples[-1]).max() < 4 * np.abs(np.diff(samples, axis=0)).mean() + 0.01


def test_moods_differ(tmp_path):
    beds = []
    for mood in MOODS:
        compose(mood, tmp_path / "a.wav")
        beds.append(read(tmp_path / "a.wav")[: 20 * 48_000, 0])
    likeness = np.corrcoef(beds)[np.triu_indices(len(beds), 1)]
    assert np.abs(likeness).max() < 0.5


def test_a_bed_is_laid_where_no_song_was_uploaded(client, clip, look, tmp_path):
    session = client.open_session()
    client.upload(session, clip("silent.mp4"))
    told = client.told(session, "add some happy music")
    assert "happy bed (generated)" in told
    assert "royalty-free" in told
    draft = client.draft(session)
    assert [(track["tt"], track["m"].get("label")) for track in draft["t"]] == [(0, None), (1, "BGM")]
    state = client.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"]
    assert [info["name"] for info in state["generated_media"].values()] == ["happy bed (generated)"]
    assert [info["name"] for info in state["video_infos"]] == ["silent.mp4"]
    target = client.export(session, tmp_path / "out.mp4", draft=draft)
    assert look.packets(target) == look.packets(clip("silent.mp4"))
    compose("happy", tmp_path / "happy.wav")
    sound, made = look.samples(target)[0], read(tmp_path / "happy.wav")[:, 0]
    assert np.corrcoef(sound[:90_000], made[:90_000])[0, 1] > 0.98
    client.say(session, "add happy music at 20% volume")
    state = client.get(f"/api/state/nemo_agent/me/{session}/latest").json()["data"]["state"]
    assert len(state["generated_media"]) == 1


def test_a_song_of_the_user_comes_first(client, clip):
    session = client.open_session()
    client.upload(session, clip("base.mp4"))
    client.say(session, "add happy music")
    client.upload(session, clip("sound.mp3"))
    assert "sound.mp3" in client.told(session, "add happy music")
    labels = [track["m"].get("label") for track in client.draft(session)["t"]]
    assert labels == [None, "Original sound", "BGM"]
