"""A person before another background: colours at the edge freed from the old background, lit a little by the new one."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.backdrop.matte import Matte
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes, Region, shrunk
from skillwire.studio.effects.vision import opencv

# Corrections of colour are found at this short side and enlarged.
_SMALL = 120
# Colours beside the edge are gathered from this far, in parts of the short side.
_REACH = 0.05
# How much of a brighter background shines over the edge.
_WRAP = 0.35
# Colours of a cut-out go on for so many pixels of the colour planes beyond its edge.
_SPILL = 9
# Less covered pixels are taken to be covered so far.
_FAINT = 0.1
_TINY = 1e-3


class Compositor:
    """People before backgrounds, frame after frame. Remembers how a background that stays the same shines."""

    def __init__(self, *, clean: bool = True) -> None:
        """``clean``: corrects the edge; needless when the background is made of the picture itself."""
        self._clean = clean
        self._shining: tuple[Planes, Region, list[FloatPlane]] | None = None

    def __call__(self, picture: Planes, matte: Matte, background: Planes, into: Planes) -> None:
        """Writes ``picture`` before ``background`` to ``into``. All of one size."""
        cv2 = opencv()

        if matte.region != (0, 0, *picture.size):
            for outside, plane in zip(into.each(), background.each(), strict=True):
                np.copyto(outside, plane)
        person, behind, target = (planes.crop(matte.region) for planes in (picture, background, into))
        shifts = corrections(person, matte.half, self._light(background, matte.region)) if self._clean else None
        for n, (source, back, out) in enumerate(zip(person.each(), behind.each(), target.each(), strict=True)):
            alpha = matte.half if n else matte.full
            front = source if shifts is None else shifted(source, shifts[n])
            cv2.multiply(front, alpha, dst=out, scale=1 / 255)
            cv2.add(out, cv2.multiply(back, cv2.bitwise_not(alpha), scale=1 / 255), dst=out)

    def _light(self, background: Planes, region: Region) -> list[FloatPlane]:
        if self._shining is None or self._shining[0] is not background or self._shining[1] != region:
            self._shining = background, region, light_of(background.crop(region))
        return self._shining[2]


def lifted(picture: Planes, matte: Matte, into: Planes) -> None:
    """Writes to ``into`` the person in their own colours and a little beyond, so that no codec mixes the edge with what is there.

    What lies further away stays as it is in ``into``: nobody can bring a background back that is not in the file.
    """
    cv2 = opencv()

    person, target = picture.crop(matte.region), into.crop(matte.region)
    shifts = corrections(person, matte.half, None)
    near = cv2.blur(cv2.dilate(matte.half, np.ones((_SPILL, _SPILL), np.uint8)), (_SPILL, _SPILL))
    for n, (source, shift, out) in enumerate(zip(person.each(), shifts, target.each(), strict=True)):
        kept = near if n else cv2.resize(near, matte.full.shape[::-1], interpolation=cv2.INTER_LINEAR)
        shown = cv2.multiply(shifted(source, shift), kept, scale=1 / 255)
        cv2.add(shown, cv2.multiply(out, cv2.bitwise_not(kept), scale=1 / 255), dst=out)


def shifted(plane: Plane, shift: Plane) -> Plane:
    """A plane plus a small plane of shifts, which counts from 128."""
    cv2 = opencv()

    large = cv2.resize(shift, plane.shape[::-1], interpolation=cv2.INTER_LINEAR)
    moved: Plane = cv2.addWeighted(plane, 1, large, 1, -128)
    return moved


def light_of(background: Planes) -> list[FloatPlane]:
    """How a background shines on who stands before it: its planes, small and smooth."""
    size, reach = _small(*background.size)
    return [_near(shrunk(plane, size).astype(np.float32), reach) for plane in background.each()]


def corrections(picture: Planes, matte: Plane, light: list[FloatPlane] | None) -> list[Plane]:
    """What to add to each plane, small and counted from 128, for the person's own colours at half-covered pixels.

    A pixel at the edge shows ``αF + (1 − α)B``. F and B are averaged nearby, weighted by how much of each a pixel shows (Forte's blur
    fusion, 2021); then B's share is taken off the pixel itself, never past the F nearby. ``light`` of the new background falls on the
    edge where it is brighter.
    """
    cv2 = opencv()

    size, reach = _small(*picture.size)

    def near(plane: FloatPlane) -> FloatPlane:
        return _near(plane, reach)

    covered = shrunk(matte, size)
    # A matte is easily a pixel too large or too small: what is sure to be person or background lies further in.
    kernel = np.ones((3, 3), np.uint8)
    sure = cv2.erode(covered, kernel).astype(np.float32) / 255
    gone = 1 - cv2.dilate(covered, kernel).astype(np.float32) / 255
    alpha = covered.astype(np.float32) / 255
    person, rest = 1 / (near(sure) + _TINY), 1 / (near(gone) + _TINY)
    share = 1 / np.maximum(alpha, _FAINT)
    edge = near(gone) * _WRAP
    shifts = []
    glow: FloatPlane | None = None
    for n, plane in enumerate(picture.each()):
        seen = shrunk(plane, size).astype(np.float32)
        front, back = near(seen * sure) * person, near(seen * gone) * rest
        true = (seen - (1 - alpha) * back) * share
        # Never past the colours nearby: an edge must not swing over to the complement of the old background.
        true = np.clip(true, np.minimum(seen, front), np.maximum(seen, front))
        if light is not None:
            if glow is None:
                glow = edge * np.clip((light[n] - true) / 96, 0, 1)
            true += glow * (light[n] - true)
        shifts.append(np.clip(true - seen + 128.5, 0, 255).astype(np.uint8))
    return shifts


def _small(width: int, height: int) -> tuple[tuple[int, int], int]:
    """The size at which corrections of a picture are found, and how far colours beside the edge are gathered there."""
    scale = min(1.0, 2 * _SMALL / min(width, height))
    size = (max(2, round(width / 2 * scale)), max(2, round(height / 2 * scale)))
    return size, max(3, 2 * round(_REACH * min(size)) + 1)


def _near(plane: FloatPlane, reach: int) -> FloatPlane:
    smooth: FloatPlane = opencv().blur(plane, (reach, reach))
    return smooth
