"""Bands of rendered US plates with their words. Imports no training framework: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.jurisdictions import STATES
from recognizers.plate import GrayImage
from recognizers.rectification import Edge, band
from recognizers.state_lexicon import LONGEST_WORD, spelt
from recognizers.training.labels import encode_texts
from recognizers.training.photographs import Split, load_photographs, pixels
from recognizers.training.plate_pool import PlatePool, StockedPlate, draw_plate
from recognizers.training.reader_samples import SizeRange, draw_rendered

WordBatch = tuple[NDArray[np.uint8], NDArray[np.int32]]

SIZES = SizeRange(smallest_px=19.0, largest_px=90.0, detail=0.4)
"""Of the characters: where they are smaller, nobody can read the words around them."""

_POOL, _USES = 3000, 5.0
_ABOVE_SHARE = 0.6  # of the bands: there the name stands mostly


def word_batches(data: Path, seed: tuple[int, ...], batch: int) -> Iterator[WordBatch]:
    """Bands (batch, 64, 240, 1) and the letters of their words (batch, 20), without end; each state as often."""
    grounds = [photo.path for photo in load_photographs(data) if photo.split is Split.TRAIN]
    pool = PlatePool(size=_POOL, uses=_USES, draw=draw_state_plate)
    rng = np.random.default_rng(seed)
    while True:
        drawn = [draw_band(pool, pixels(grounds[int(rng.integers(len(grounds)))]), rng) for _ in range(batch)]
        yield (
            np.stack([image for image, _ in drawn])[..., None],
            encode_texts([word for _, word in drawn], LONGEST_WORD),
        )


def draw_band(pool: PlatePool, ground: GrayImage, rng: np.random.Generator) -> tuple[GrayImage, str]:
    """A band and what is spelt in it, mostly a name or a slogan, sometimes nothing."""
    while True:
        plate = pool.draw(rng)
        edge = Edge.ABOVE if rng.random() < _ABOVE_SHARE else Edge.BELOW
        if plate.words is None:  # a frame may hide them: nobody knows what is to be read
            continue
        word = spelt(plate.words.above if edge is Edge.ABOVE else plate.words.below)
        if len(word) <= LONGEST_WORD:
            scene = draw_rendered(plate, ground, rng, SIZES)
            return band(scene.image, scene.quad, edge), word


def draw_state_plate(rng: np.random.Generator) -> StockedPlate:
    """A plate of a state drawn evenly: small states are as hard to tell as large ones."""
    return draw_plate(rng, STATES[int(rng.integers(len(STATES)))])
