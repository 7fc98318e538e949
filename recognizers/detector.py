"""Finds plates in images with the network of `recognizers/weights`."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recognizers.heat_map import PlateMaps, find_quads
from recognizers.interpreter import Interpreter
from recognizers.plate import DetectedPlate, GrayImage

# Small pictures are not enlarged beyond this: plates would become wider than any that training showed.
_MOST_ENLARGEMENT = 2.0

# Below this an image is averaged while it is shrunk; sampling alone would break thin strokes.
_AVERAGE_BELOW = 0.55


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an image lies in the network's input: scaled, then at the top left."""

    scale: float
    width: int
    height: int


def place(image_size: tuple[int, int], input_size: tuple[int, int]) -> Placement:
    """The largest that fits, undistorted; both sizes are (height, width)."""
    scale = min(input_size[0] / image_size[0], input_size[1] / image_size[1], _MOST_ENLARGEMENT)
    height, width = (
        max(1, min(limit, round(side * scale))) for side, limit in zip(image_size, input_size, strict=True)
    )
    return Placement(scale, width, height)


class LitertPlateDetector:
    """A `PlateDetector` on LiteRT. Owned by one thread."""

    def __init__(self, weights: bytes, threshold: float = 0.35) -> None:
        """Load the model.

        Args:
            weights: of the network, checked.
            threshold: least score of a plate. Lower finds more, and more that is none, which the reader must turn down.

        Raises:
            WeightsError: the weights are no model.
        """
        self._interpreter = Interpreter(weights)
        _, self._height, self._width, _ = self._interpreter.input_shape
        self._threshold = threshold
        self._canvas = np.zeros((1, self._height, self._width, 1), np.uint8)

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        """Every plate in the image, best first; an empty list where there is none."""
        placement = place((image.shape[0], image.shape[1]), (self._height, self._width))
        averaged = placement.scale < _AVERAGE_BELOW
        scaled = cv2.resize(
            image,
            (placement.width, placement.height),
            interpolation=cv2.INTER_AREA if averaged else cv2.INTER_LINEAR,
        )
        self._canvas.fill(0)
        self._canvas[0, : placement.height, : placement.width, 0] = scaled
        heat, sides, corners = self._interpreter.run(self._canvas)
        found = find_quads(PlateMaps(heat[..., 0], sides, corners), self._threshold)
        factors = np.array([image.shape[1] / placement.width, image.shape[0] / placement.height], np.float32)
        return [
            DetectedPlate(np.asarray(quad * factors, np.float32), float(score))
            for quad, score in zip(found.quads, found.scores, strict=True)
        ]
