"""The guided filter (He, Sun & Tang, 2010) with a colour guide, in its fast form (He & Sun, 2015).

In every window the matte is a linear function of the picture's three planes. The functions are found on a small grid and applied
to the large picture, so the matte gets the picture's edges at the price of a few box filters on the grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skillwire.studio.effects.planes import FloatPlane, Plane
from skillwire.studio.effects.vision import opencv

# How far a function may miss the matte (root mean square) before another window's counts more at the same pixel.
_MISS = 0.08


def coefficients(guide: Sequence[FloatPlane], matte: FloatPlane, radius: int, eps: float) -> list[FloatPlane]:
    """The functions ``a0·g0 + a1·g1 + a2·g2 + b`` that fit ``matte`` around each pixel, as [a0, a1, a2, b].

    ``guide``: three planes of the matte's shape, ``radius`` in pixels, ``eps`` in the guide's units squared: variation below it
    counts as noise. A pixel lies in many windows; their functions are averaged by how well each fits its window, so that clutter
    beside an edge does not spoil the fit of the edge.
    """
    cv2 = opencv()
    window = (2 * radius + 1, 2 * radius + 1)

    def means(*planes: FloatPlane) -> tuple[FloatPlane, ...]:
        """Four at a time: the filter takes as long for one."""
        smooth: tuple[FloatPlane, ...] = cv2.split(cv2.boxFilter(cv2.merge(planes), cv2.CV_32F, window))
        return smooth

    p, q, r = guide
    mp, mq, mr, mean_matte = means(p, q, r, matte)
    xp, xq, xr, pp = means(p * matte, q * matte, r * matte, p * p)
    pq, pr, qq, qr = means(p * q, p * r, q * q, q * r)
    rr, mean_square = means(r * r, matte * matte)
    x, y, z = xp - mp * mean_matte, xq - mq * mean_matte, xr - mr * mean_matte
    # The covariance of the guide is symmetric: [[a, b, c], [b, d, e], [c, e, f]], and is inverted by its adjugate.
    a, b, c = pp - mp * mp + eps, pq - mp * mq, pr - mp * mr
    d, e, f = qq - mq * mq + eps, qr - mq * mr, rr - mr * mr + eps
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * aa + b * ab + c * ac)
    slopes = [
        (aa * x + ab * y + ac * z) * scale,
        (ab * x + bb * y + bc * z) * scale,
        (ac * x + bc * y + cc * z) * scale,
    ]
    offset = mean_matte - slopes[0] * mp - slopes[1] * mq - slopes[2] * mr
    # What the function leaves of the matte's variance in its window.
    left = mean_square - mean_matte * mean_matte - slopes[0] * x - slopes[1] * y - slopes[2] * z
    trust = 1 / (np.maximum(left, 0) + _MISS * _MISS)
    (total,) = means(trust)
    return [plane / total for plane in means(*(slope * trust for slope in slopes), offset * trust)]


def applied(functions: Sequence[FloatPlane], guide: Sequence[Plane]) -> Plane:
    """The matte of the large picture in bytes, saturated: ``functions`` enlarged, and taken of ``guide``.

    The functions must expect a guide in bytes and answer from 0 to 255.
    """
    cv2 = opencv()

    size = guide[0].shape[::-1]
    total = cv2.resize(functions[3], size, interpolation=cv2.INTER_LINEAR)
    for slope, plane in zip(functions[:3], guide, strict=True):
        product = cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR)
        product *= plane
        total += product
    matte: Plane = cv2.add(total, 0, dtype=cv2.CV_8U)
    return matte
