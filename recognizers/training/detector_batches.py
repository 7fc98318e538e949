"""Batches of windows with their target maps. Imports no training framework: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage
from recognizers.training.detector_samples import DetectorSampler, WindowSpec
from recognizers.training.detector_targets import target_maps
from recognizers.training.photographs import Photograph, Split, load_photographs
from recognizers.training.plate_pool import PlatePool

CROPS_ONLY = "china_lprnet_crops"
"""Source whose pictures show nothing but a plate."""

_WINDOW = WindowSpec(width=320, height=192, smallest=16, largest=260)
_FRAME = WindowSpec(width=640, height=384, smallest=16, largest=420)
# Every so many batches one of whole frames, a quarter as many: wide plates do not fit into windows.
_FRAME_EVERY = 6

DetectorBatch = tuple[NDArray[np.uint8], NDArray[np.float32]]


def detector_photographs(data: Path, split: Split) -> list[Photograph]:
    """The photographs of a split that show more than a crop."""
    return [photo for photo in load_photographs(data) if photo.split is split and photo.source != CROPS_ONLY]


def detector_batches(data: Path, seed: tuple[int, ...], batch: int) -> Iterator[DetectorBatch]:
    """Grey images (batch, height, width, 1) and their target maps, without end; every sixth of whole frames."""
    sampler = DetectorSampler(detector_photographs(data, Split.TRAIN), PlatePool(size=1500, uses=8.0))
    rng = np.random.default_rng(seed)
    number = 0
    while True:
        number += 1
        spec, count = (_FRAME, max(1, batch // 4)) if number % _FRAME_EVERY == 0 else (_WINDOW, batch)
        samples = [sampler.draw(rng, spec) for _ in range(count)]
        images = np.stack([image for image, _ in samples])[..., None]
        yield images, np.stack([target_maps(plates, spec.width, spec.height) for _, plates in samples])


def calibration_frames(data: Path, rng: np.random.Generator, count: int) -> Iterator[GrayImage]:
    """Whole frames as the served detector sees them."""
    sampler = DetectorSampler(detector_photographs(data, Split.TRAIN), PlatePool(size=100, uses=4.0))
    for _ in range(count):
        yield sampler.draw(rng, _FRAME)[0]
