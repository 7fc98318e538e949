"""Turns the quad that a plate fills in an image into the upright crop that the reader's network takes."""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np

from recognizers.plate import GrayImage, Quad

CROP_HEIGHT, CROP_WIDTH = 64, 160
"""Of every crop, in pixels; however long the plate is, it is stretched to this."""


BAND_HEIGHT, BAND_WIDTH = 64, 240
"""Of a band of words, in pixels: fourteen letters of a name fill as little as a third of it."""

# Shares of the plate's height: where the characters of a US plate begin, and how far off corners may be.
_BAND, _BEYOND = 0.25, 0.07


class Edge(Enum):
    """At which edge of a plate words are looked for."""

    ABOVE = "above"
    BELOW = "below"


class Lines(Enum):
    """How the characters of a plate are taken to be arranged."""

    ONE = 1
    TWO = 2
    """The lower line is laid to the right of the upper one, so that the network reads along."""


# What the crop shows beyond the quad, as a share of it on each side: corners are found to within some 10 % of the
# height, and a cut character is lost while a margin only costs resolution.
_MARGIN_X, _MARGIN_Y = 0.035, 0.09

# Lines are seldom equally high, so the halves overlap by this share of the height each.
_OVERLAP = 0.05

# Every crop is brought to this mean and deviation of grey, so that the network need not learn exposure. Faint crops
# are amplified so much at most: beyond, it would be noise that is read.
_MEAN, _DEVIATION, _MOST_GAIN = 120.0, 52.0, 6.0

_MOST_OVERSAMPLING = 4  # of wide plates, before averaging down


def aspect_of(quad: Quad) -> float:
    """Width over height of the quad, by the mean lengths of opposite sides."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return float((sides[0] + sides[2]) / max(sides[1] + sides[3], 1e-6))


def resized(quad: Quad, along: float, across: float) -> Quad:
    """The quad about its centre, its level edges `along` times and its upright edges `across` times as long."""
    level = (quad[1] - quad[0] + quad[2] - quad[3]) / 4
    upright = (quad[3] - quad[0] + quad[2] - quad[1]) / 4
    change = np.outer([-1, 1, 1, -1], level) * (along - 1) + np.outer([-1, -1, 1, 1], upright) * (across - 1)
    return np.asarray(quad + change, np.float32)


def rectify(image: GrayImage, quad: Quad, lines: Lines) -> GrayImage:
    """The crop of shape (64, 160).

    Args:
        image: in which the plate was found.
        quad: its corners, clockwise from the plate's own top left, in pixels of the image.
        lines: how to lay out what is inside.
    """
    if lines is Lines.ONE:
        return _level(upright(image, quad, CROP_WIDTH, CROP_HEIGHT))
    height = round(CROP_HEIGHT / (0.5 + _OVERLAP))
    both = upright(image, quad, CROP_WIDTH // 2, height)
    return _level(np.hstack([both[:CROP_HEIGHT], both[-CROP_HEIGHT:]]))


def band(image: GrayImage, quad: Quad, edge: Edge) -> GrayImage:
    """The part of the plate that has its words, shape (64, 240)."""
    outer, inner = (quad[:2], quad[3:1:-1]) if edge is Edge.ABOVE else (quad[3:1:-1], quad[:2])
    inward = inner - outer
    near, far = outer - _BEYOND * inward, outer + _BAND * inward
    above, below = (near, far) if edge is Edge.ABOVE else (far, near)
    part = np.array([above[0], above[1], below[1], below[0]], np.float32)
    return _level(upright(image, part, BAND_WIDTH, BAND_HEIGHT))


def _level(crop: GrayImage) -> GrayImage:
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(crop))
    gain = min(_MOST_GAIN, _DEVIATION / max(deviation, 1e-3))
    return np.asarray(cv2.convertScaleAbs(np.clip((crop - mean) * gain + _MEAN, 0, 255)), np.uint8)


def upright(image: GrayImage, quad: Quad, width: int, height: int) -> GrayImage:
    """What the quad and a margin around it hold, stretched to this size; tones as they are."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    factor = int(np.clip(round(max(sides[0] / width, sides[1] / height)), 1, _MOST_OVERSAMPLING))
    wide, high = width * factor, height * factor
    inner_x, inner_y = wide * _MARGIN_X / (1 + 2 * _MARGIN_X), high * _MARGIN_Y / (1 + 2 * _MARGIN_Y)
    target = np.array(
        [[inner_x, inner_y], [wide - inner_x, inner_y], [wide - inner_x, high - inner_y], [inner_x, high - inner_y]],
        np.float32,
    )
    # Half a pixel: coordinates are of pixel corners, those of warpPerspective of pixel centres.
    transform = cv2.getPerspectiveTransform(np.asarray(quad, np.float32) - 0.5, target - 0.5)
    crop = cv2.warpPerspective(image, transform, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if factor > 1:
        crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)
