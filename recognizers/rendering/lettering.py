"""Sets the characters of a plate into their lines: glyphs, spacing, separators, stacked letters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.glyphs import BAR, FLIPPED_M, SERIF_I, glyph, stem_width
from recognizers.rendering.serials import Item, Mark, Stack

SWAPS: tuple[tuple[str, str, float], ...] = (
    ("1", BAR, 0.40),
    ("I", SERIF_I, 0.45),
    ("0", "O", 0.30),
    ("O", "0", 0.40),
    ("W", FLIPPED_M, 0.25),
)
"""Character, the glyph it is drawn with instead, and in which share of the plates. The label stays. No bundled face has
the bar-shaped 1 that many plates have; these swaps were the largest single gain of the reader's feasibility study."""

_MARK_WIDTH = {Mark.SPACE: 0.26, Mark.DASH: 0.30, Mark.DOT: 0.10, Mark.MIDDLE_DOT: 0.16}
_STACK_WIDTH = 0.36


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the plate in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lettering:
    """How the characters of one plate are made."""

    font: str
    bolder: int
    stretch: float
    """Width of a glyph against the font's own."""
    gap: float
    """Between characters, as a share of their height."""
    cell: float
    """Least width of a character's cell, as a share of its height; 0 where each takes its own width."""
    swaps: tuple[str, ...]
    """Characters that are drawn with another glyph."""
    emblem: float
    """Width of an emblem, as a share of the line's height."""


@dataclass(frozen=True, slots=True)
class SetLine:
    """Where things came to stand in one line."""

    emblem_boxes: tuple[Box, ...]
    left: float
    right: float


class GlyphChoice(Enum):
    """Which glyphs may stand for a character."""

    SWAPPED = "swapped"
    """Also those of SWAPS, as seen on real plates: what a reader has to learn."""
    OWN = "own"
    """Its own only."""


def choose_lettering(
    fonts: tuple[str, ...], stretch: tuple[float, float], glyphs: GlyphChoice, rng: np.random.Generator
) -> Lettering:
    """The lettering of one plate, drawn at random."""
    swaps = tuple(character for character, _, share in SWAPS if happens(rng, share) and glyphs is GlyphChoice.SWAPPED)
    return Lettering(
        font=pick(fonts, rng),
        bolder=int(rng.integers(-4, 5)),
        stretch=float(rng.uniform(*stretch)),
        gap=float(rng.uniform(0.05, 0.2)),
        cell=float(rng.choice([0.0, 0.38, 0.46])),
        swaps=swaps,
        emblem=float(rng.choice([0.5, 0.5, 0.75, 1.0])) * float(rng.uniform(0.8, 1.1)),
    )


def _glyph_for(character: str, lettering: Lettering) -> NDArray[np.uint8]:
    drawn = next((other for own, other, _ in SWAPS if own == character and own in lettering.swaps), character)
    return glyph(lettering.font, drawn, lettering.bolder)


def _width(item: Item, lettering: Lettering) -> tuple[float, float]:
    """Of the ink and of the cell, as shares of the line's height."""
    if item is Mark.EMBLEM:
        return lettering.emblem, lettering.emblem
    if isinstance(item, Mark):
        return _MARK_WIDTH[item], _MARK_WIDTH[item]
    if isinstance(item, Stack):
        return _STACK_WIDTH, _STACK_WIDTH
    mask = _glyph_for(item, lettering)
    ink = mask.shape[1] / mask.shape[0] * lettering.stretch
    return ink, max(ink, lettering.cell)


def set_line(coverage: NDArray[np.uint8], items: tuple[Item, ...], box: Box, lettering: Lettering) -> SetLine:
    """Draw one line into the coverage (255 where ink is), centred in the box and squeezed where it would not fit."""
    height = box.height
    widths = [_width(item, lettering) for item in items]
    total = sum(cell for _, cell in widths) + lettering.gap * (len(items) - 1)
    squeeze = min(1.0, box.width / (total * height))
    if squeeze < 0.75:  # noqa: PLR2004 - narrower letters than these are made lower instead, as on real plates
        height *= max(0.75, squeeze / 0.75)
        squeeze = min(1.0, box.width / (total * height))
    x = box.x + (box.width - total * height * squeeze) / 2
    y = box.y + (box.height - height) / 2
    left, emblems = x, []
    for item, (ink, cell) in zip(items, widths, strict=True):
        slot = Box(x + (cell - ink) / 2 * height * squeeze, y, ink * height * squeeze, height)
        if isinstance(item, Stack):
            _stack(coverage, item.text, slot, lettering)
        elif isinstance(item, Mark):
            _mark(coverage, item, slot, stem_width(lettering.font) / 96 * height)
            if item is Mark.EMBLEM:
                emblems.append(slot)
        else:
            _put(coverage, _glyph_for(item, lettering), slot)
        x += (cell + lettering.gap) * height * squeeze
    return SetLine(tuple(emblems), left, x - lettering.gap * height * squeeze)


def _put(coverage: NDArray[np.uint8], mask: NDArray[np.uint8], box: Box) -> None:
    x, y = round(box.x), round(box.y)
    width, height = max(2, round(box.width)), max(2, round(box.height))
    scaled = cv2.resize(
        mask, (width, height), interpolation=cv2.INTER_AREA if height < mask.shape[0] else cv2.INTER_LINEAR
    )
    top, left = max(0, -y), max(0, -x)
    target = coverage[max(0, y) : y + height, max(0, x) : x + width]
    np.maximum(target, scaled[top : top + target.shape[0], left : left + target.shape[1]], out=target)


def _stack(coverage: NDArray[np.uint8], text: str, box: Box, lettering: Lettering) -> None:
    step = box.height / len(text)
    for number, character in enumerate(text):
        mask = glyph(lettering.font, character, lettering.bolder)
        height = min(0.86 * step, 0.42 * box.height)
        width = min(box.width, mask.shape[1] / mask.shape[0] * height * 1.1)
        _put(
            coverage,
            mask,
            Box(box.x + (box.width - width) / 2, box.y + number * step + (step - height) / 2, width, height),
        )


def _mark(coverage: NDArray[np.uint8], mark: Mark, box: Box, stem: float) -> None:
    x, middle, bottom = box.x, box.y + box.height / 2, box.y + box.height
    if mark is Mark.DASH:
        _rectangle(coverage, Box(x + box.width * 0.1, middle - stem * 0.45, box.width * 0.8, stem * 0.9))
    elif mark in {Mark.DOT, Mark.MIDDLE_DOT}:
        centre = bottom - stem * 0.6 if mark is Mark.DOT else middle
        radius = max(1, round(stem * 0.55))
        cv2.circle(coverage, (round(x + box.width / 2), round(centre)), radius, (255,), -1, cv2.LINE_AA)


def _rectangle(coverage: NDArray[np.uint8], box: Box) -> None:
    rows = slice(max(0, round(box.y)), max(1, round(box.y + box.height)))
    coverage[rows, max(0, round(box.x)) : max(1, round(box.x + box.width))] = 255
