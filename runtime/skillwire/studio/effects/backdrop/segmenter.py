"""People in a picture: MediaPipe's selfie segmentation, 256 × 256, answers how likely each pixel is a person."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.models import SELFIE, interpreter
from skillwire.studio.effects.planes import FloatPlane, Plane, Planes, rgb_matrix, shrunk
from skillwire.studio.effects.vision import opencv

SIDE = 256


def thumbnail(planes: Planes) -> Plane:
    """The picture squeezed into the network's square, shape (256, 256, 3), YUV bytes."""
    cv2 = opencv()

    return np.ascontiguousarray(cv2.merge([shrunk(plane, (SIDE, SIDE)) for plane in planes.each()]))


class Segmenter:
    """The network. One instance serves one thread."""

    def __init__(self, colorspace: int) -> None:
        """``colorspace``: the frames' matrix, as ITU-T H.273 numbers it."""
        self._network = interpreter(SELFIE)
        self._input = self._network.get_input_details()[0]["index"]
        self._output = self._network.get_output_details()[0]["index"]
        self._to_rgb = rgb_matrix(colorspace)

    def __call__(self, thumb: Plane) -> FloatPlane:
        """How likely each pixel of a ``thumbnail`` shows a person: shape (256, 256), 0 to 1."""
        cv2 = opencv()

        rgb = np.clip(cv2.transform(thumb.astype(np.float32), self._to_rgb), 0, 1)
        self._network.set_tensor(self._input, rgb[None])
        self._network.invoke()
        answer: FloatPlane = self._network.get_tensor(self._output)[0, :, :, 0]
        return answer
