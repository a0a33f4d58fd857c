"""A person before another background: colours at the edge freed from the old background, lit a little by the new one."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.matte import Matte
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes, shrunk
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


def compose(picture: Planes, matte: Matte, background: Planes, into: Planes, *, clean: bool = True) -> None:
    """Writes ``picture`` before ``background`` to ``into``. All of one size.

    ``clean``: corrects the edge; needless when the background is made of the picture itself.
    """
    cv2 = opencv()

    whole = (0, 0, *picture.size)
    if matte.region != whole:
        for outside, plane in zip(into.each(), background.each(), strict=True):
            np.copyto(outside, plane)
    person, behind, target = picture.crop(matte.region), background.crop(matte.region), into.crop(matte.region)
    shifts = corrections(person, matte.half, behind) if clean else None
    for n, (source, back, out) in enumerate(zip(person.each(), behind.each(), target.each(), strict=True)):
        alpha = matte.half if n else matte.full
        front = source if shifts is None else shifted(source, shifts[n])
        cv2.multiply(front, alpha, dst=out, scale=1 / 255)
        cv2.add(out, cv2.multiply(back, cv2.bitwise_not(alpha), scale=1 / 255), dst=out)


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


def corrections(picture: Planes, matte: Plane, behind: Planes | None) -> list[Plane]:
    """What to add to each plane, small and counted from 128, for the person's own colours at half-covered pixels.

    A pixel at the edge shows ``αF + (1 − α)B``. F and B are averaged nearby, weighted by how much of each a pixel shows (Forte's blur
    fusion, 2021); then B's share is taken off the pixel itself, never past the F nearby. ``behind`` lights the edge where it is
    brighter.
    """
    cv2 = opencv()

    height, width = matte.shape
    scale = min(1.0, _SMALL / min(width, height))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    reach = max(3, 2 * round(_REACH * min(size)) + 1)

    def near(plane: FloatPlane) -> FloatPlane:
        smooth: FloatPlane = cv2.blur(plane, (reach, reach))
        return smooth

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
        if behind is not None:
            light = near(shrunk(behind.each()[n], size).astype(np.float32))
            if glow is None:
                glow = edge * np.clip((light - true) / 96, 0, 1)
            true += glow * (light - true)
        shifts.append(np.clip(true - seen + 128.5, 0, 255).astype(np.uint8))
    return shifts
