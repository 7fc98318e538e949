"""Rendered plates in stock: drawing one takes 6 ms, so each serves several samples before it is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from recognizers.grammar import SHOWN
from recognizers.plate import GrayImage
from recognizers.rendering.faces import Words
from recognizers.rendering.layouts import Layout, choose_layout
from recognizers.rendering.plates import render_plate
from recognizers.rendering.serials import draw_serial


@dataclass(frozen=True, slots=True)
class StockedPlate:
    """A rendered plate in grey, seen straight on."""

    image: GrayImage
    text: str
    lines: int
    jurisdiction: str
    words: Words | None
    """What is written above and below the characters; None where a frame may hide it."""


REGION_SHARES = tuple(SHOWN.items())
"""Region prefix and its share of the stock. The grammar knows them too: it undoes what the reader learns from them."""


class PlatePool:
    """A stock of plates of one process. Deterministic: what it gives depends on the generator alone."""

    def __init__(
        self, size: int, uses: float, draw: Callable[[np.random.Generator], StockedPlate] | None = None
    ) -> None:
        self._size = size
        self._uses = uses
        self._draw = draw or draw_plate
        self._stock: list[StockedPlate] = []

    def draw(self, rng: np.random.Generator) -> StockedPlate:
        """A plate; on average each is given out `uses` times."""
        if len(self._stock) < self._size and rng.random() < 0.5:  # noqa: PLR2004 - fill up while working
            self._stock.append(self._draw(rng))
            return self._stock[-1]
        if not self._stock or rng.random() < 1 / self._uses:
            plate = self._draw(rng)
            if self._stock:
                self._stock[int(rng.integers(len(self._stock)))] = plate
            return plate
        return self._stock[int(rng.integers(len(self._stock)))]


def draw_plate(rng: np.random.Generator, region: str | None = None) -> StockedPlate:
    """A freshly rendered plate of the region, or of one drawn by share."""
    if region is None:
        region = REGION_SHARES[int(rng.choice(len(REGION_SHARES), p=[share for _, share in REGION_SHARES]))][0]
    layout = choose_layout(rng, (region,))
    serial = draw_serial(_pattern(layout, rng), layout.letters, rng)
    plate = render_plate(layout, rng, serial=serial)
    gray = np.asarray(cv2.cvtColor(plate.image, cv2.COLOR_BGR2GRAY), np.uint8)
    return StockedPlate(gray, plate.text, len(serial.lines), layout.jurisdiction, plate.words)


def _pattern(layout: Layout, rng: np.random.Generator) -> str:
    rare = bool(layout.rare_patterns) and rng.random() < layout.rare_share
    patterns = layout.rare_patterns if rare else layout.patterns
    return patterns[int(rng.integers(len(patterns)))]
