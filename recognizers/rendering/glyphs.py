"""Masks of characters and words, drawn once from the bundled fonts and kept."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import ALPHABET
from recognizers.rendering.dies import die_named, die_names, distinct_die_names, draw_die
from recognizers.rendering.errors import FontError

Mask = NDArray[np.uint8]
"""Shape (height, width); 255 where there is ink."""

CAP_PX = 96
"""Height of a character's mask. Plates are drawn at 60-100 px, so masks are shrunk or hardly enlarged."""

BAR = "|"
"""Name of the glyph that is a bare vertical bar: how many plates draw 1 and I."""

SERIF_I = "i"
"""Name of the glyph that is a bar with a foot and a head: how some plates tell I from 1."""

FLIPPED_M = "m"
"""Name of the glyph that is an M upside down: how many plates draw W."""

_DRAWN_PX = 150
_WORD_PX = 40
_INK = 24  # of 255: where anti-aliasing counts as ink when a glyph is cut out


class FontEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of fonts/index.toml."""

    file: str
    licence: str
    package: str
    weight: int = 0
    bolder: int = 0
    words: bool = False

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.rpartition(".")[0]


class _FontIndex(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fonts: tuple[FontEntry, ...]


@cache
def font_index() -> dict[str, FontEntry]:
    """The bundled fonts by name, in the order of the index file."""
    text = resources.files("recognizers.rendering").joinpath("fonts/index.toml").read_text(encoding="utf-8")
    return {entry.name: entry for entry in msgspec.toml.decode(text, type=_FontIndex).fonts}


@cache
def character_fonts() -> tuple[str, ...]:
    """The bundled fonts that a serial may be lettered with."""
    return tuple(name for name, entry in font_index().items() if not entry.words)


@cache
def word_fonts() -> tuple[str, ...]:
    """The bundled fonts for names and slogans: all of them."""
    return tuple(font_index())


@cache
def stamping_dies() -> tuple[str, ...]:
    """What serials are stamped with besides fonts."""
    return die_names()


@cache
def distinct_dies() -> tuple[str, ...]:
    """Those of them that draw no character nearly as another."""
    return distinct_die_names()


@cache
def _font_face(name: str) -> cv2.FontFace:
    entry = font_index()[name]
    source = resources.files("recognizers.rendering").joinpath("fonts", entry.file)
    with resources.as_file(source) as path:
        if not path.is_file():
            msg = f"font {entry.file} is missing from recognizers/rendering/fonts; install the package again"
            raise FontError(msg)
        return cv2.FontFace(str(path))


@lru_cache(maxsize=4096)
def _draw(name: str, text: str) -> Mask:
    """The ink of a text, cut out tightly."""
    canvas = np.zeros((2 * _DRAWN_PX, (len(text) + 2) * _DRAWN_PX), np.uint8)
    origin = (_DRAWN_PX // 2, int(1.4 * _DRAWN_PX))
    cv2.putText(canvas, text, origin, 255, _font_face(name), _DRAWN_PX, font_index()[name].weight)
    ink = canvas > _INK
    if not ink.any():
        msg = f"font {name} has no glyph for {text!r}; choose another font for it"
        raise FontError(msg)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()


def _to_height(mask: Mask, height: int) -> Mask:
    width = max(1, round(mask.shape[1] * height / mask.shape[0]))
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def stem_width(name: str) -> int:
    """Width of the face's vertical stroke in pixels of a CAP_PX mask."""
    die = die_named(name)
    if die is not None:
        return max(6, round(die.stroke * CAP_PX))
    stem = _to_height(_draw(name, "T"), CAP_PX)[CAP_PX * 2 // 3]
    return max(6, int((stem > 127).sum()))  # noqa: PLR2004 - half ink


@lru_cache(maxsize=30_000)
def glyph(name: str, character: str, bolder: int = 0) -> Mask:
    """The mask of one character, CAP_PX high, cut tightly; it must not be written to.

    Args:
        name: a font of the index or a die.
        character: of the alphabet, or BAR, SERIF_I or FLIPPED_M.
        bolder: strokes thicker (or thinner, if negative) by so many hundredths of the height, besides the font's own.
    """
    if character == BAR:
        return np.full((CAP_PX, stem_width(name) + bolder), 255, np.uint8)
    if character == SERIF_I:
        return _serif_i(stem_width(name) + bolder)
    if character == FLIPPED_M:
        return np.ascontiguousarray(glyph(name, "M", bolder)[::-1])
    die = die_named(name)
    if die is not None:
        return _embolden(draw_die(die, character, CAP_PX), bolder)
    mask = _to_height(_draw(name, character), CAP_PX)
    return _embolden(mask, font_index()[name].bolder + bolder)


def _serif_i(stem: int) -> Mask:
    width = max(3 * stem, CAP_PX * 3 // 8)
    mask = np.zeros((CAP_PX, width), np.uint8)
    mask[:, (width - stem) // 2 : (width + stem) // 2] = 255
    foot = max(5, round(0.85 * stem))
    mask[:foot] = 255
    mask[-foot:] = 255
    return mask


def _embolden(mask: Mask, amount: int) -> Mask:
    if amount == 0:
        return mask
    size = 2 * ((abs(amount) + 1) // 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    margin = size // 2
    if amount < 0:
        padded = cv2.copyMakeBorder(mask, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
        thinner = cv2.erode(padded, kernel)[2 * margin : -2 * margin or None, 2 * margin : -2 * margin or None]
        return np.asarray(
            cv2.resize(thinner, (max(1, thinner.shape[1]), CAP_PX), interpolation=cv2.INTER_AREA), np.uint8
        )
    padded = cv2.copyMakeBorder(mask, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    thicker = cv2.dilate(padded, kernel)
    return np.asarray(cv2.resize(thicker, (thicker.shape[1], CAP_PX), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=2048)
def _word(name: str, text: str) -> Mask:
    return _to_height(_draw(name, text), _WORD_PX)


def word(name: str, text: str, height: int, max_width: int) -> Mask:
    """The mask of a word or phrase, `height` pixels high or less, and at most `max_width` wide."""
    drawn = _word(name, text)
    scale = min(height / drawn.shape[0], max_width / drawn.shape[1])
    size = max(1, round(drawn.shape[1] * scale)), max(1, round(drawn.shape[0] * scale))
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)


def warm_up(names: tuple[str, ...] | None = None) -> None:
    """Draw all characters of the fonts now, so that the first plates are not slower than the rest."""
    for name in names or character_fonts():
        for character in ALPHABET + BAR + SERIF_I + FLIPPED_M:
            glyph(name, character)
