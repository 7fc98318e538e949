"""Batches of crops with their labels. Imports no training framework: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.rectification import CROP_HEIGHT, CROP_WIDTH
from recognizers.training.augmentation import adjust_tones
from recognizers.training.labels import encode_nations, encode_texts
from recognizers.training.photographs import Split, load_photographs
from recognizers.training.plate_pool import PlatePool
from recognizers.training.reader_samples import LONGEST_TEXT, ReaderSample, ReaderSampler

ReaderBatch = tuple[NDArray[np.uint8], dict[str, NDArray[np.int32]]]

_KEPT = 60_000  # samples shown again later: 0.6 GB
_FRESH_SHARE = 0.6  # of a batch: making a sample costs about half of learning from it
_INVERTED_SHARE = 0.06
_MOST_SHIFT_PX = 3


def reader_batches(data: Path, seed: tuple[int, ...], batch: int) -> Iterator[ReaderBatch]:
    """Crops (batch, 64, 160, 1) and their labels by output, without end; a part of each batch was seen before."""
    photographs = [photo for photo in load_photographs(data) if photo.split is Split.TRAIN]
    sampler = ReaderSampler(photographs, PlatePool(size=2500, uses=6.0))
    rng = np.random.default_rng(seed)
    kept: list[ReaderSample] = []
    while True:
        fresh = [sampler.draw(rng) for _ in range(batch if len(kept) < batch else max(1, int(batch * _FRESH_SHARE)))]
        again = [_varied(kept[int(rng.integers(len(kept)))], rng) for _ in range(batch - len(fresh))]
        for sample in fresh:
            if len(kept) < _KEPT:
                kept.append(sample)
            else:
                kept[int(rng.integers(_KEPT))] = sample
        yield to_batch([*fresh, *again])


def to_batch(samples: list[ReaderSample]) -> ReaderBatch:
    """The arrays of these samples."""
    crops = np.stack([sample.crop for sample in samples])[..., None]
    return crops, {
        "characters": encode_texts([sample.text for sample in samples], LONGEST_TEXT),
        "nation": encode_nations([sample.jurisdiction for sample in samples]),
    }


def _varied(sample: ReaderSample, rng: np.random.Generator) -> ReaderSample:
    crop = adjust_tones(sample.crop, rng, low=0.7, high=1.2)
    if rng.random() < _INVERTED_SHARE:
        crop = 255 - crop
    down, right = rng.integers(-_MOST_SHIFT_PX, _MOST_SHIFT_PX + 1, size=2)
    padded = np.pad(crop, _MOST_SHIFT_PX, mode="edge")
    top, left = _MOST_SHIFT_PX + int(down), _MOST_SHIFT_PX + int(right)
    return ReaderSample(padded[top : top + CROP_HEIGHT, left : left + CROP_WIDTH], sample.text, sample.jurisdiction)
