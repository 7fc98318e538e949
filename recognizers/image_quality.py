"""How good the picture of a plate was, so that a camera's aim, focus and exposure can be judged."""

from __future__ import annotations

import cv2
import numpy as np

from recognizers.plate import DetectedPlate, GrayImage, LookQuality
from recognizers.rectification import upright

WANTED_WIDTH_PX = 100.0
"""Width of a plate from which a look counts fully: 15 to 20 px for each character."""

_SAMPLE_HEIGHT, _SAMPLE_WIDTH = 32, 96  # enough to tell blur from focus, at 20 µs

_BLACK, _WHITE = 4, 251  # of 255: tones that a sensor has lost

_BLURRED_BELOW = 0.55
"""Sharpness of a plate below which its characters run into each other; rendered plates defocused by a fifth of a stroke
have 0.5 to 0.6."""
_JUDGED_FROM_PX = 80.0
_FLAT_BELOW = 0.07  # characters less than 40 of 255 tones from their ground: noise of a night picture is 15 to 20
_CLIPPED_ABOVE = 0.25  # more than the characters or the ground of a plate ever fill by themselves


def judge(image: GrayImage, plate: DetectedPlate) -> LookQuality:
    """The figures of one look; the image is the whole picture."""
    sample = upright(image, plate.quad, _SAMPLE_WIDTH, _SAMPLE_HEIGHT)
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(sample))
    lost = np.count_nonzero(sample <= _BLACK) + np.count_nonzero(sample >= _WHITE)
    return LookQuality(
        plate_width_px=_width(plate),
        sharpness=_sharpness(sample, deviation),
        brightness=mean / 255,
        contrast=deviation / 255,
        clipped=float(lost / sample.size),
    )


def advise(quality: LookQuality) -> tuple[str, ...]:
    """One sentence for each thing that keeps the camera's plates from being read well; none where all is well."""
    found = []
    if quality.plate_width_px < WANTED_WIDTH_PX:
        width = f"plates are {quality.plate_width_px:.0f} px wide here, {WANTED_WIDTH_PX:.0f} wanted"
        found.append(f"{width}: zoom in or move nearer")
    # Smaller plates are enlarged for the measure, which blurs them: there only zoom is wanted.
    if quality.sharpness < _BLURRED_BELOW and quality.plate_width_px >= _JUDGED_FROM_PX:
        found.append(f"plates are blurred (sharpness {quality.sharpness:.2f}): focus, or expose for a shorter time")
    if quality.contrast < _FLAT_BELOW:
        found.append(f"plates have little contrast ({quality.contrast:.0%}): add light, or clean the lens")
    if quality.clipped > _CLIPPED_ABOVE:
        tone = "white" if quality.brightness > 0.5 else "black"  # noqa: PLR2004 - of the whole range
        found.append(f"{quality.clipped:.0%} of a plate is pure {tone}: correct the exposure")
    return tuple(found)


def _width(plate: DetectedPlate) -> float:
    """The plate's width along its own upper and lower edge, in pixels."""
    edges = plate.quad[1] - plate.quad[0], plate.quad[2] - plate.quad[3]
    return float(sum(np.linalg.norm(edge) for edge in edges) / 2)


def _sharpness(sample: GrayImage, deviation: float) -> float:
    """Standard deviation of the Laplacian divided by the contrast; 0 for a sample of one tone."""
    if deviation <= 1:
        return 0.0
    return float(cv2.meanStdDev(cv2.Laplacian(sample, cv2.CV_16S))[1][0, 0]) / deviation
