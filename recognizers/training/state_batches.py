"""Faces of rendered US plates with their states. Imports no training framework: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.jurisdictions import STATES
from recognizers.rectification import face
from recognizers.training.labels import encode_texts
from recognizers.training.photographs import Split, load_photographs, pixels
from recognizers.training.plate_pool import PlatePool, StockedPlate, draw_plate
from recognizers.training.reader_samples import SizeRange, draw_rendered

StateBatch = tuple[NDArray[np.uint8], dict[str, NDArray[np.int32]]]

LONGEST_TITLE = 14

SIZES = SizeRange(smallest_px=20.0, largest_px=90.0, detail=0.4)
"""Of the characters: where they are smaller, nobody can read the words around them."""

_POOL, _USES = 3000, 5.0


def state_batches(data: Path, seed: tuple[int, ...], batch: int) -> Iterator[StateBatch]:
    """Faces (batch, 96, 192, 1) with states (places in `STATES`) and titles, without end; each state as often."""
    grounds = [photo.path for photo in load_photographs(data) if photo.split is Split.TRAIN]
    pool = PlatePool(size=_POOL, uses=_USES, draw=draw_state_plate)
    rng = np.random.default_rng(seed)
    while True:
        plates = [pool.draw(rng) for _ in range(batch)]
        scenes = [draw_rendered(p, pixels(grounds[int(rng.integers(len(grounds)))]), rng, SIZES) for p in plates]
        images = np.stack([face(scene.image, scene.quad) for scene in scenes])[..., None]
        states = np.array([STATES.index(plate.jurisdiction) for plate in plates], np.int32)
        yield (
            images,
            {"states": states, "title": encode_texts([letters_of(plate.title) for plate in plates], LONGEST_TITLE)},
        )


def letters_of(title: str) -> str:
    """The title as it is spelt out: letters alone, in upper case."""
    return "".join(character for character in title.upper() if "A" <= character <= "Z")[:LONGEST_TITLE]


def draw_state_plate(rng: np.random.Generator) -> StockedPlate:
    """A plate of a state drawn evenly: small states are as hard to tell as large ones."""
    return draw_plate(rng, STATES[int(rng.integers(len(STATES)))])
