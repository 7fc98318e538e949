"""Crops of rendered and real plates, cut as the served reader cuts them: what the reader learns from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from recognizers.jurisdictions import NO_PLATE
from recognizers.plate import GrayImage, Quad
from recognizers.rectification import Lines, aspect_of, rectify
from recognizers.training.augmentation import adjust_tones, blur_focus, degrade
from recognizers.training.decoys import add_decoy
from recognizers.training.pasting import paste_plate
from recognizers.training.photographs import Photograph, pixels
from recognizers.training.plate_pool import PlatePool, StockedPlate
from recognizers.training.poses import PoseRange, draw_quad

_ISSUERS = {"romania_rl": "RO", "poland_2acholsk1": "PL", "spain_packt": "ES"}
"""Where the plates of a source are from; a few of them are foreign."""

LONGEST_TEXT = 10
"""Characters that a crop may carry; longer texts of photographs are left out."""

TWO_LINES_BELOW = 3.0
"""Aspect from which on a plate has one line; below it a crop may be cut for either."""

_BARS_SHARE = 0.15
_CUT_OUT_SHARE = 0.08  # of the plates come as a picture of nothing but themselves

_POSE, _STEEP_POSE = PoseRange(yaw=20, pitch=12, roll=3.5), PoseRange(yaw=30, pitch=18, roll=10, slant=12)


class Kind(Enum):
    """What a sample shows, with its share of all samples."""

    RENDERED = 0.77
    REAL = 0.11
    WRONG_LINES = 0.05
    """A plate cut for the other number of lines; to be read as nothing, which tells the two cuts apart."""
    NO_PLATE = 0.07
    """Whatever a detector may take for a plate; to be read as nothing."""


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Heights of the characters in pixels of the picture, drawn log-uniformly."""

    smallest_px: float
    largest_px: float
    detail: float = 1.0
    """Height of the smallest thing that must stay readable, as a share of the characters'."""


READABLE = SizeRange(smallest_px=9.0, largest_px=60.0)
"""Below 9 px characters are guessed rather than read."""

_FAR = SizeRange(smallest_px=8.0, largest_px=15.0)
_FAR_SHARE, _FAR_SHARE_OF_TWO_LINES = 0.2, 0.45
"""Of the rendered plates, those as far away as they can just be read. Lines of two-line plates are half as high, so
at the same distance these are the small ones."""


@dataclass(frozen=True, slots=True)
class ReaderSample:
    """A crop and its text; an empty text where there is nothing to be read."""

    crop: GrayImage
    text: str
    jurisdiction: str | None
    """Of the plate; `NO_PLATE` where there is none, None where it is not known."""


@dataclass(frozen=True, slots=True)
class PlateScene:
    """A plate in a picture, its corners as inexact as the detector's, and its text."""

    image: GrayImage
    quad: Quad
    text: str
    jurisdiction: str | None

    def cut(self, lines: Lines) -> ReaderSample:
        """The crop that the served reader would take."""
        return ReaderSample(rectify(self.image, self.quad, lines), self.text, self.jurisdiction)


class ReaderSampler:
    """Makes crops. Owned by one process; what it gives depends on the generator alone."""

    def __init__(self, photographs: Sequence[Photograph], pool: PlatePool) -> None:
        self._pool = pool
        self._photographs = [photo for photo in photographs if photo.source != "china_lprnet_crops"]
        self._real = list(real_plates(self._photographs))
        self._kinds = [kind for kind in Kind if kind is not Kind.REAL or self._real]

    def draw(self, rng: np.random.Generator) -> ReaderSample:
        """One sample of a random kind."""
        shares = np.array([kind.value for kind in self._kinds])
        kind = self._kinds[int(rng.choice(len(self._kinds), p=shares / shares.sum()))]
        if kind is Kind.REAL:
            return draw_real(*self._real[int(rng.integers(len(self._real)))], rng).cut(Lines.ONE)
        if kind is Kind.NO_PLATE:
            return self._draw_nothing(rng)
        plate = self._pool.draw(rng)
        if kind is Kind.WRONG_LINES:
            while plate.lines == 1 and _aspect(plate) > TWO_LINES_BELOW:
                plate = self._pool.draw(rng)
        right = Lines(plate.lines)
        lines = right if kind is Kind.RENDERED else (Lines.TWO if right is Lines.ONE else Lines.ONE)
        far = rng.random() < (_FAR_SHARE if right is Lines.ONE else _FAR_SHARE_OF_TWO_LINES)
        sample = draw_rendered(plate, self._ground(rng), rng, _FAR if far else READABLE).cut(lines)
        return sample if kind is Kind.RENDERED else ReaderSample(sample.crop, "", sample.jurisdiction)

    def _ground(self, rng: np.random.Generator) -> GrayImage:
        return pixels(self._photographs[int(rng.integers(len(self._photographs)))].path)

    def _draw_nothing(self, rng: np.random.Generator) -> ReaderSample:
        """A piece of a photograph away from its plates, often with a badge, a sticker or lamps in it."""
        photo = self._photographs[int(rng.integers(len(self._photographs)))]
        image = pixels(photo.path)
        width = float(np.exp(rng.uniform(np.log(30), np.log(260))))
        quad = draw_quad(rng, width, float(rng.uniform(1.3, 5)), _POSE)
        size = np.array([image.shape[1], image.shape[0]])
        quad = np.asarray(quad + rng.uniform(0.1, 0.9, 2) * size, np.float32)
        if any(_overlap(quad, plate.quad) for plate in photo.plates):
            return self._draw_nothing(rng)
        patch, quad = _cut_patch(image, quad)
        if rng.random() < 0.6 and min(patch.shape) > 8:  # noqa: PLR2004
            add_decoy(patch, rng)
        patch = degrade(patch, rng, scale=float(np.clip(np.ptp(quad[:, 1]) / 2, 5, 40)))
        lines = Lines.TWO if aspect_of(quad) < TWO_LINES_BELOW and rng.random() < 0.5 else Lines.ONE  # noqa: PLR2004
        return ReaderSample(rectify(patch, quad, lines), "", NO_PLATE)


def draw_rendered(
    plate: StockedPlate, ground: GrayImage, rng: np.random.Generator, sizes: SizeRange = READABLE
) -> PlateScene:
    """A rendered plate as a camera sees it."""
    share = 0.36 if plate.lines == 2 else (0.45 if _aspect(plate) < TWO_LINES_BELOW else 0.62)  # noqa: PLR2004
    height = float(np.exp(rng.uniform(np.log(sizes.smallest_px), np.log(sizes.largest_px)))) / share
    pose = _STEEP_POSE if rng.random() < 0.2 else _POSE  # noqa: PLR2004
    quad = draw_quad(rng, height * _aspect(plate), _aspect(plate), pose)
    margin = 0.35 * height + 4
    size = np.ceil(np.ptp(quad, axis=0) + 2 * margin).astype(int)
    quad = np.asarray(quad - quad.min(axis=0) + margin, np.float32)
    patch = _ground_patch(ground, int(size[0]), int(size[1]), rng)
    paste_plate(patch, plate.image, quad, rng)
    if rng.random() < _BARS_SHARE:
        _add_bars(patch, quad, rng)
    patch = degrade(patch, rng, scale=height * share * sizes.detail)
    if rng.random() < _CUT_OUT_SHARE:
        patch, quad = _cut_out(patch, quad, rng)
        return PlateScene(patch, quad, plate.text, plate.jurisdiction)
    return PlateScene(patch, inexact(quad, rng), plate.text, plate.jurisdiction)


def _add_bars(patch: GrayImage, quad: Quad, rng: np.random.Generator) -> None:
    """Edges of holders, lamps and panels right beside the plate, in place: as upright as a 1, and none."""
    for outer, inner in ((quad[[0, 3]], quad[[1, 2]]), (quad[[1, 2]], quad[[0, 3]])):
        if rng.random() < 0.6:  # noqa: PLR2004
            ends = outer + (outer - inner) * rng.uniform(0.0, 0.05) + rng.normal(0, 1, (2, 2))
            thick = max(1, round(float(np.linalg.norm(outer[1] - outer[0])) * rng.uniform(0.03, 0.13)))
            start, end = np.round(ends).astype(int)
            tone = int(rng.integers(256))
            cv2.line(patch, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), (tone,), thick, cv2.LINE_AA)


def _cut_out(patch: GrayImage, quad: Quad, rng: np.random.Generator) -> tuple[GrayImage, Quad]:
    """The plate's bounding box and next to nothing around it, as pictures of single plates come."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    spare = (high - low) * rng.uniform(-0.02, 0.05, (2, 2))
    left, top = np.maximum(0, np.floor(low - spare[0])).astype(int)
    right, bottom = np.ceil(high + spare[1]).astype(int)
    patch = patch[top : max(bottom, top + 4), left : max(right, left + 4)].copy()
    height, width = patch.shape
    return patch, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def real_plates(photographs: Iterable[Photograph]) -> Iterable[tuple[Photograph, Quad, str]]:
    """The plates of photographs whose text is known and readable."""
    for photo in photographs:
        for plate in photo.plates:
            if plate.text and not plate.ignored and len(plate.text) <= LONGEST_TEXT:
                yield photo, plate.quad, plate.text


def draw_real(photo: Photograph, quad: Quad, text: str, rng: np.random.Generator) -> PlateScene:
    """A plate of a photograph, with mild changes, so that the few there are do not repeat."""
    patch, local = _cut_patch(pixels(photo.path), quad)
    height = float(np.ptp(quad[:, 1]))
    if rng.random() < 0.4:  # noqa: PLR2004
        patch = blur_focus(patch, rng.uniform(0, 0.03) * height)
    return PlateScene(adjust_tones(patch, rng, low=0.6), inexact(local, rng), text, _ISSUERS.get(photo.source))


def inexact(quad: Quad, rng: np.random.Generator) -> Quad:
    """The quad as a detector may give it: each corner off, the whole shifted and scaled, sometimes an upright box."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    if rng.random() < 0.08:  # noqa: PLR2004
        quad = np.array([low, [high[0], low[1]], high, [low[0], high[1]]], np.float32)
    width, height = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
    # One in four is far off, as on plates that are seen from above and aside.
    worse = 2.0 if rng.random() < 0.25 else 1.0  # noqa: PLR2004
    centre = quad.mean(axis=0)
    if rng.random() < 0.1:  # noqa: PLR2004 - the characters alone, where the plate's edge cannot be seen
        quad = np.asarray(centre + (quad - centre) * rng.uniform([0.8, 0.72], 1.0), np.float32)
    offset = (quad - centre) * rng.normal([1.01, 1.02], np.array([0.025, 0.07]) * worse)
    tilt, slant = np.tan(np.radians(rng.normal(0, [1.5, 5.0]) * worse))
    offset = offset + np.stack([offset[:, 1] * slant, offset[:, 0] * tilt], axis=1)
    shift = rng.normal(0, 1, 2) * [0.012 * width, 0.05 * height] * worse
    corners = rng.normal(0, 1, (4, 2)) * [0.008 * width + 0.02 * height, 0.045 * height] * worse
    return np.asarray(centre + offset + shift + corners, np.float32)


def _aspect(plate: StockedPlate) -> float:
    return float(plate.image.shape[1] / plate.image.shape[0])


def _ground_patch(ground: GrayImage, width: int, height: int, rng: np.random.Generator) -> GrayImage:
    rows, columns = ground.shape
    if width >= columns or height >= rows:
        return np.full((height, width), int(rng.integers(20, 200)), np.uint8)
    x, y = int(rng.integers(columns - width)), int(rng.integers(rows - height))
    return ground[y : y + height, x : x + width].copy()


def _cut_patch(image: GrayImage, quad: Quad) -> tuple[GrayImage, Quad]:
    """The part of the image around the quad, and the quad in its coordinates."""
    margin = 0.4 * float(np.ptp(quad[:, 1])) + 4
    left, top = np.maximum(0, np.floor(quad.min(axis=0) - margin)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0) + margin).astype(int)
    patch = image[top : max(bottom, top + 2), left : max(right, left + 2)].copy()
    if patch.size == 0:
        return np.zeros((8, 8), np.uint8), np.asarray(quad - [left, top], np.float32)
    return patch, np.asarray(quad - [left, top], np.float32)


def _overlap(first: Quad, second: Quad) -> bool:
    return bool((first.min(axis=0) < second.max(axis=0)).all() and (second.min(axis=0) < first.max(axis=0)).all())
