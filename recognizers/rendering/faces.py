"""The face of a plate before its characters: ground, bands, words, borders; and the room that is left for the lines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr, FloatImage, blend, brightness, paint_ground, parse_colour
from recognizers.rendering.glyphs import word, word_fonts
from recognizers.rendering.layouts import Layout, Style
from recognizers.rendering.lettering import Box
from recognizers.rendering.scenery import draw_scenery

_BAND_BLUE: Bgr = (150.0, 62.0, 12.0)
_WHITE: Bgr = (240.0, 243.0, 242.0)
_YELLOW: Bgr = (60.0, 205.0, 245.0)
_WORD_FONTS = ("Barlow-SemiBold", "Oswald", "BebasNeue-Bold", "Dosis-Bold", "DejaVuSansCondensed-Bold", "Overpass")
_US_SLANT = 0.3
_DARK_GROUND = 110.0  # of 255; below it words are light


@dataclass(frozen=True, slots=True)
class Words:
    """What is written above and below the characters of a US plate; empty where nothing is, and on all others."""

    above: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A plate before its characters."""

    image: FloatImage
    words: Words


def draw_face(layout: Layout, ground: str, ink: Bgr, rng: np.random.Generator) -> Face:
    """The face of a plate of this layout, one pixel per millimetre; the ink is that of the characters to come."""
    words = Words()
    width, height = layout.size_mm
    image = paint_ground(ground, height, width)
    if layout.style is Style.US:
        words = _draw_us(image, layout, ink, rng)
    elif layout.style is Style.EUROPE:
        _draw_border(image, rng)
        if layout.country:
            _draw_blue_band(image, layout, rng)
    elif layout.style is Style.BRAZIL_OLD:
        _draw_city(image, layout, rng)
    elif layout.style is Style.MERCOSUR:
        _draw_mercosur(image, layout, rng)
    else:
        _draw_border(image, rng)
    return Face(image, words)


def line_boxes(layout: Layout, lines: int, rng: np.random.Generator) -> list[Box]:
    """The room of each line, top to bottom."""
    width, height = layout.size_mm
    left, top, right, bottom = 12.0, 0.12 * height, width - 12.0, 0.88 * height
    if layout.style is Style.US:
        top, bottom = height * rng.uniform(0.23, 0.29), height * rng.uniform(0.74, 0.80)
        left, right = 14.0, width - 14.0
    elif layout.style is Style.EUROPE and layout.country and lines == 1:
        left, right = 56.0, width - 18.0
    elif layout.style is Style.BRAZIL_OLD:
        top, bottom = 0.32 * height, 0.90 * height
    elif layout.style is Style.MERCOSUR:
        top, bottom = 0.33 * height, 0.92 * height
    step = (bottom - top) / lines
    glyph_height = min(layout.glyph_mm, step * (1.0 if lines == 1 else 0.88))
    return [
        Box(
            _line_left(layout, lines, left, number),
            top + step * number + (step - glyph_height) / 2,
            right - _line_left(layout, lines, left, number),
            glyph_height,
        )
        for number in range(lines)
    ]


def _line_left(layout: Layout, lines: int, left: float, number: int) -> float:
    """A two-line European plate has its blue band beside the first line only."""
    return 46.0 if lines > 1 and number == 0 and layout.style is Style.EUROPE and layout.country else left


def _choose(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return pick(options, rng) if options else ""


def _write(
    image: FloatImage,
    text: str,
    box: Box,
    *,
    colour: Bgr,
    rng: np.random.Generator,
    fonts: tuple[str, ...] = _WORD_FONTS,
) -> None:
    """A word, centred in the box, in one of the fonts; those of US plates lean now and then."""
    if not text:
        return
    mask = word(_choose(fonts, rng), text, int(box.height), int(box.width))
    if fonts is not _WORD_FONTS and happens(rng, 0.3):
        mask = _slanted(mask, float(rng.uniform(0.1, _US_SLANT)))
    height, width = mask.shape
    x, y = round(box.x + (box.width - width) / 2), round(box.y + (box.height - height) / 2)
    x, y = max(0, x), max(0, y)
    target = image[y : y + height, x : x + width]
    blend(target, mask[: target.shape[0], : target.shape[1]], colour)


def _slanted(mask: NDArray[np.uint8], lean: float) -> NDArray[np.uint8]:
    height, width = mask.shape
    shift = lean * height
    transform = np.array([[1, -lean, shift], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(mask, transform, (width + int(shift) + 1, height)), np.uint8)


def _readable(colour: Bgr, image: FloatImage, rows: slice) -> Bgr:
    """The colour, or white or near black where it would drown in the ground of these rows."""
    ground = float(image[rows, image.shape[1] // 2].mean())
    if abs(ground - brightness(colour)) > 45:  # noqa: PLR2004 - of 255; less is not seen from the road
        return colour
    return _WHITE if ground < _DARK_GROUND else (40.0, 30.0, 28.0)


def _draw_us(image: FloatImage, layout: Layout, ink: Bgr, rng: np.random.Generator) -> Words:
    """Draw it in place; gives what is written on it."""
    height, width = image.shape[:2]
    title_ink = parse_colour(layout.title_ink)
    draw_scenery(image, ink, rng)
    if happens(rng, 0.22):
        _draw_bands(image, title_ink if happens(rng, 0.6) else ink, rng)
    above, below = _choose(layout.titles, rng), _choose(layout.slogans, rng)
    if happens(rng, 0.12):  # older and special plates name the state below
        above, below = below, above
    above_shown = happens(rng, 0.9)
    if above_shown:  # the rest is hidden by a frame or has no words
        _write_us(image, above, (0.03, 0.2), colour=title_ink, rng=rng)
    below_shown = happens(rng, 0.8)
    if below_shown:
        _write_us(image, below, (0.82, 0.97), colour=title_ink, rng=rng)
    if happens(rng, 0.35):  # an embossed rim
        cv2.rectangle(image, (2, 2), (width - 3, height - 3), title_ink, int(rng.integers(1, 4)), cv2.LINE_AA)
    return Words(above if above_shown else "", below if below_shown else "")


def _draw_bands(image: FloatImage, colour: Bgr, rng: np.random.Generator) -> None:
    """Bars behind the words above, below, or both."""
    height, width = image.shape[:2]
    top, bottom = (int(height * share) for share in (rng.uniform(0.16, 0.22), rng.uniform(0.8, 0.86)))
    which = rng.random()
    if which < 0.7:  # noqa: PLR2004
        image[:top] = colour
    if which > 0.4:  # noqa: PLR2004
        image[bottom:] = colour
    if happens(rng, 0.4):
        for y in (top, bottom):
            cv2.line(image, (0, y), (width, y), _WHITE if happens(rng, 0.5) else _YELLOW, int(rng.integers(1, 4)))


def _write_us(
    image: FloatImage, text: str, rows: tuple[float, float], *, colour: Bgr, rng: np.random.Generator
) -> None:
    """Words in the margin above or below the characters: any face, upright or slanted, more or less in the middle."""
    height, width = image.shape[:2]
    top, room = rows[0] * height, (rows[1] - rows[0]) * height
    colour = _readable(colour, image, slice(int(top) + 1, int(top + room)))
    share = float(rng.uniform(0.36, 0.72))
    middle = width * (0.5 if happens(rng, 0.7) else float(rng.uniform(0.4, 0.6)))
    tall = room * float(rng.uniform(0.55, 1.0))
    box = Box(middle - width * share / 2, top + (room - tall) * float(rng.uniform(0.2, 0.8)), width * share, tall)
    _write(image, _recased(text, rng), box, fonts=word_fonts(), colour=colour, rng=rng)


def _recased(text: str, rng: np.random.Generator) -> str:
    if happens(rng, 0.2):
        return text.upper()
    return text.title() if text.isupper() and happens(rng, 0.25) else text


def _draw_border(image: FloatImage, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    if happens(rng, 0.75):
        cv2.rectangle(image, (3, 3), (width - 4, height - 4), (40, 38, 38), int(rng.integers(1, 3)), cv2.LINE_AA)


def _draw_blue_band(image: FloatImage, layout: Layout, rng: np.random.Generator) -> None:
    height = image.shape[0]
    band_height = height if height < 150 else int(0.45 * height)  # noqa: PLR2004 - two-line plates: upper half only
    cv2.rectangle(image, (2, 2), (42, band_height - 3), _BAND_BLUE, -1)
    centre, radius = (22, int(band_height * 0.32)), 12.0
    for angle in np.arange(12) * np.pi / 6:
        star = (round(centre[0] + radius * np.cos(angle)), round(centre[1] + radius * np.sin(angle)))
        cv2.circle(image, star, 2, _YELLOW, -1, cv2.LINE_AA)
    _write(image, layout.country, Box(6, band_height * 0.64, 33, band_height * 0.2), colour=_WHITE, rng=rng)


def _draw_city(image: FloatImage, layout: Layout, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    ink = _readable(parse_colour(layout.title_ink), image, slice(4, height // 4))
    share = rng.uniform(0.45, 0.7)
    cv2.rectangle(image, (2, 2), (width - 3, height - 3), (70, 70, 70), 1, cv2.LINE_AA)
    _write(
        image,
        _choose(layout.titles, rng),
        Box(width * (1 - share) / 2, 0.08 * height, width * share, 0.15 * height),
        colour=ink,
        rng=rng,
    )


def _draw_mercosur(image: FloatImage, layout: Layout, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    band = int(0.24 * height)
    cv2.rectangle(image, (2, 2), (width - 3, band), _BAND_BLUE, -1)
    cv2.rectangle(image, (2, 2), (width - 3, height - 3), (45, 42, 42), 2, cv2.LINE_AA)
    _write(
        image,
        _choose(layout.titles, rng),
        Box(width * 0.3, 0.06 * height, width * 0.4, 0.14 * height),
        colour=_WHITE,
        rng=rng,
    )
    cv2.rectangle(image, (width - 46, 7), (width - 16, band - 5), (60, 150, 40), -1)
    cv2.circle(image, (width - 31, 1 + band // 2), 6, _YELLOW, -1, cv2.LINE_AA)
    if happens(rng, 0.6):  # the two small letters at the lower left
        _write(image, layout.region, Box(8, 0.76 * height, 22, 0.14 * height), colour=(35.0, 32.0, 32.0), rng=rng)
