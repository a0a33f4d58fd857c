"""How far pictures and mattes are from the truth, and how much they flicker. Pictures: BGR bytes; mattes: 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# The window and constants of Wang, Bovik, Sheikh & Simoncelli (2004).
_SIGMA, _C1, _C2 = 1.5, (0.01 * 255) ** 2, (0.03 * 255) ** 2


def decibels(squares: float) -> float:
    """Peak signal to noise of bytes, dB, from a mean squared error."""
    return float(10 * np.log10(255**2 / max(squares, 1e-6)))


def squared(one, other, where) -> float:
    """Mean squared error within a mask."""
    return float(((one[where].astype(np.float64) - other[where]) ** 2).mean())


def likeness(one, other, where) -> float:
    """Structural similarity of brightness, averaged over a mask."""
    a, b = (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float64) for picture in (one, other))

    def near(plane):
        return cv2.GaussianBlur(plane, (0, 0), _SIGMA)

    ma, mb = near(a), near(b)
    va, vb, cov = near(a * a) - ma * ma, near(b * b) - mb * mb, near(a * b) - ma * mb
    index = (2 * ma * mb + _C1) * (2 * cov + _C2) / ((ma * ma + mb * mb + _C1) * (va + vb + _C2))
    return float(index[where].mean())


class Motion:
    """Optical flow of the true scene between two pictures; tells how much another pair does not follow it."""

    def __init__(self, before, after) -> None:
        gray = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (after, before)]
        flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*gray, None)
        y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
        self._from = x + flow[..., 0], y + flow[..., 1]

    def warping_error(self, before, after, where) -> float:
        """Mean squared difference within a mask of ``after`` and ``before`` carried along."""
        carried = cv2.remap(before, *self._from, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return squared(after, carried, where)


@dataclass(frozen=True)
class MatteErrors:
    """How far mattes are from the truth.

    ``mad``: mean size of the error × 1000. ``iou``: of what is more than half covered. ``dtssd``: the error's change from picture to
    picture, as the root of its mean square × 100, as Erofeev et al. define it (Perceptually Motivated Benchmark for Video Matting,
    2015) and Robust Video Matting (Lin et al., 2022) scales it. ``change``: the mean size of that change × 1000. All are means over
    pictures of means over all pixels.
    """

    mad: float
    iou: float
    dtssd: float
    change: float


def matte_errors(found, truth) -> MatteErrors:
    """Errors of a series of mattes."""
    ours, true = np.stack(found).astype(np.float64), np.stack(truth).astype(np.float64)
    inside, around = (ours > 0.5) & (true > 0.5), (ours > 0.5) | (true > 0.5)
    change = np.diff(ours, axis=0) - np.diff(true, axis=0)
    return MatteErrors(
        np.abs(ours - true).mean() * 1e3,
        float((inside.sum((1, 2)) / np.maximum(around.sum((1, 2)), 1)).mean()),
        float(np.sqrt((change**2).mean((1, 2))).mean() * 1e2),
        np.abs(change).mean() * 1e3,
    )
