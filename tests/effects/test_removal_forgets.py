"""What is known of things that are long gone is let go: a film of an hour shows thousands of them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skillwire.studio.effects.removal import outlines
from skillwire.studio.effects.removal.outlines import LONG_AGO, Outlines

BOX = np.asarray([20, 20, 40, 40], np.float32)
REGION = (0, 0, 80, 80)


@pytest.fixture
def looked(monkeypatch):
    """Ids of the things at whose outline the picture was looked, in order; each is told as a full one."""
    asked = []

    def outline_of(_planes, track, _box, region):
        asked.append(track.id)
        return np.full(((region[3] - region[1]) // 2, (region[2] - region[0]) // 2), 255, np.uint8)

    monkeypatch.setattr(outlines, "outline_of", outline_of)
    return asked


def ask(known, thing, time):
    things = [(SimpleNamespace(id=thing), BOX)]
    return known.of(SimpleNamespace(time=time, planes=None), things, REGION, ())


def test_an_outline_is_told_once_for_a_while(looked):
    known = Outlines()
    assert ask(known, 1, 0.0) is not None
    ask(known, 1, 0.3)
    assert looked == [1]


def test_things_long_gone_are_forgotten(looked):
    known = Outlines()
    for thing in range(200):
        ask(known, thing, thing * 1.0)
    assert len(looked) == 200
    assert len(known.lately) <= LONG_AGO + 1
