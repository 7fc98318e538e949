"""Draws one plate, seen straight on, as clean or as worn as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering import faces, fittings
from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr, ColourImage, FloatImage, blend, brightness, parse_colour
from recognizers.rendering.emblems import Emblem, draw_emblem
from recognizers.rendering.glyphs import character_fonts, distinct_dies, stamping_dies
from recognizers.rendering.layouts import Layout, Style, choose_layout
from recognizers.rendering.lettering import Box, GlyphChoice, Lettering, choose_lettering, set_line
from recognizers.rendering.serials import LETTERS, Item, Mark, Serial, Stack, draw_serial, matches_pattern

_STACKED_SHARE = 0.32  # of US plates have small stacked letters; the feasibility study named 10-12 % too few
_SIDE_EMBLEM_SHARE = 0.22  # of US plates have a graphic before or after the characters, besides those of the patterns
_INFRARED_SHARE = 0.12
_OTHER_COLOURS_SHARE = 0.3
_STACKS = (
    "DV",
    "HP",
    "NG",
    "AF",
    "PX",
    "VT",
    "FF",
    "TK",
    "KC",
    "EV",
    "MC",
    "PH",
    "TRK",
    "APP",
    "US",
    "N",
    "7",
    "SC",
    "UM",
)
_NARROW_US_FONTS = (
    "BarlowCondensed-SemiBold",
    "Oswald",
    "SairaCondensed-SemiBold",
    "FjallaOne-Regular",
    "BebasNeue-Bold",
    "RobotoCondensed",
    "Dosis-Bold",
    "BarlowSemiCondensed-SemiBold",
    "routed-gothic",
    "ShareTech-Regular",
    "Overpass",
    "ChakraPetch-SemiBold",
    "DejaVuSansCondensed-Bold",
)
_STRETCH = {
    Style.US: (0.85, 1.2),
    Style.EUROPE: (0.8, 1.05),
    Style.BRAZIL_OLD: (0.8, 1.05),
    Style.MERCOSUR: (0.8, 1.05),
    Style.VIETNAM: (0.8, 1.0),
}

_DIE_SHARE = {
    Style.US: 0.55,
    Style.EUROPE: 0.2,
    Style.BRAZIL_OLD: 0.35,
    Style.MERCOSUR: 0.2,
    Style.VIETNAM: 0.35,
}


class PlateLight(Enum):
    """Under which light a plate is drawn."""

    VISIBLE = "visible"
    INFRARED = "infrared"
    EITHER = "either"
    """Mostly visible, as often infrared as in a mixed set of cameras."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPlate:
    """A plate seen straight on, one pixel per millimetre."""

    image: ColourImage
    text: str
    """What is to be read: characters of the alphabet only; no separators, emblems or small stacked letters."""
    layout: str
    region: str
    words: faces.Words | None
    """What is written above and below the characters; None where a dealer's frame may hide it."""


def render_plate(
    layout: Layout,
    rng: np.random.Generator,
    *,
    serial: Serial | None = None,
    light: PlateLight = PlateLight.EITHER,
    glyphs: GlyphChoice = GlyphChoice.SWAPPED,
) -> RenderedPlate:
    """Draw one plate of the layout; all that varies is drawn from `rng`, so one seed gives one picture.

    Args:
        layout: what kind of plate.
        rng: the only source of chance.
        serial: what to show; by default it is drawn from the layout's patterns.
        glyphs: whether 1 may be drawn as I, 0 as O and the like, as on real plates; the text stays.
        light: as a colour camera sees it, or an infrared one.
    """
    serial = serial or choose_serial(layout, rng)
    lines = _with_graphics(layout, serial.lines, rng) if layout.style is Style.US else serial.lines
    ground, ink = _choose_colours(layout, rng)
    face = faces.draw_face(layout, ground, ink, rng)
    image = face.image
    lettering = choose_lettering(_fonts_for(layout, glyphs, rng), _STRETCH[layout.style], glyphs, rng)
    coverage, emblems = _set_lines(layout, lines, lettering, rng)
    _emboss(image, coverage, rng)
    blend(image, coverage, ink, float(rng.uniform(0.88, 1.0)))
    for box in emblems:
        _paint_emblem(image, layout, box, ink=ink, rng=rng)
    words = None if _add_wear(image, layout, rng) else face.words
    if light is PlateLight.INFRARED or (light is PlateLight.EITHER and happens(rng, _INFRARED_SHARE)):
        image = _infrared(image, coverage, ink, rng)
    return RenderedPlate(np.clip(image, 0, 255).astype(np.uint8), serial.text, layout.name, layout.region, words)


def _choose_colours(layout: Layout, rng: np.random.Generator) -> tuple[str, Bgr]:
    """Ground and ink: the layout's own, or those of another US plate, as older and special issues have them."""
    donor = layout
    if layout.style is Style.US and happens(rng, _OTHER_COLOURS_SHARE):
        donor = choose_layout(rng, ("US",))
    number = int(rng.integers(len(donor.grounds)))
    return donor.grounds[number], parse_colour(donor.inks[min(number, len(donor.inks) - 1)])


def _fonts_for(layout: Layout, glyphs: GlyphChoice, rng: np.random.Generator) -> tuple[str, ...]:
    if happens(rng, _DIE_SHARE[layout.style]):
        return distinct_dies() if glyphs is GlyphChoice.OWN else stamping_dies()
    return layout.fonts or (_NARROW_US_FONTS if layout.style is Style.US else character_fonts())


def choose_serial(layout: Layout, rng: np.random.Generator) -> Serial:
    """A text of the layout: of its ordinary patterns mostly, of the rare ones in `rare_share`."""
    rare = bool(layout.rare_patterns) and happens(rng, layout.rare_share)
    patterns = layout.rare_patterns if rare else layout.patterns
    letters = layout.rare_letters if rare else layout.letters
    return draw_serial(pick(patterns, rng), letters, rng)


def is_ordinary(serial: Serial, layout: Layout) -> bool:
    """Whether an ordinary pattern of the layout can give this text."""
    return any(matches_pattern(serial.text, pattern, layout.letters) for pattern in layout.patterns)


def _with_graphics(
    layout: Layout, lines: tuple[tuple[Item, ...], ...], rng: np.random.Generator
) -> tuple[tuple[Item, ...], ...]:
    """The lines with the stacked letters and side emblems that many US plates carry."""
    first = lines[0]
    if any(isinstance(item, Stack) or item is Mark.EMBLEM for item in first) or len(first) > 8:  # noqa: PLR2004 - no room
        return lines
    draw = rng.random()
    addition: Item
    if draw < _STACKED_SHARE:
        addition = Stack(pick(_STACKS, rng) if happens(rng, 0.6) else _random_letters(rng))
    elif draw < _STACKED_SHARE + _SIDE_EMBLEM_SHARE:
        addition = Mark.EMBLEM
    else:
        return lines
    place = rng.random()
    if place < 0.45:  # noqa: PLR2004
        first = (addition, *first)
    elif place < 0.8:  # noqa: PLR2004
        first = (*first, addition)
    else:
        middle = int(rng.integers(1, len(first)))
        first = (*first[:middle], addition, *first[middle:])
    return (first, *lines[1:])


def _random_letters(rng: np.random.Generator) -> str:
    return "".join(pick(LETTERS, rng) for _ in range(int(rng.integers(1, 5))))


def _set_lines(
    layout: Layout, lines: tuple[tuple[Item, ...], ...], lettering: Lettering, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[Box]]:
    width, height = layout.size_mm
    coverage = np.zeros((height, width), np.uint8)
    emblems: list[Box] = []
    for line, box in zip(lines, faces.line_boxes(layout, len(lines), rng), strict=True):
        emblems.extend(set_line(coverage, line, box, lettering).emblem_boxes)
    return coverage, emblems


def _emboss(image: FloatImage, coverage: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Light on one flank of the raised characters, shadow on the other; screen-printed plates have none."""
    strength = float(rng.choice([0.0, 0.15, 0.3, 0.5]))
    if not strength:
        return
    raised = cv2.GaussianBlur(coverage, (0, 0), 1.6).astype(np.float32)
    reach = int(rng.integers(1, 4))
    relief = np.roll(raised, -reach, axis=0) - np.roll(raised, reach, axis=0)
    relief += 0.6 * (np.roll(raised, -reach, axis=1) - np.roll(raised, reach, axis=1))
    image += (strength * float(rng.choice([-0.6, 0.6]))) * relief[:, :, None]


def _paint_emblem(image: FloatImage, layout: Layout, box: Box, *, ink: Bgr, rng: np.random.Generator) -> None:
    kinds = layout.emblems or tuple(Emblem)
    if happens(rng, 0.35) and layout.style is Style.US:  # special plates have any
        kinds = tuple(Emblem)
    kind = pick(kinds, rng)
    side = box.width * float(rng.uniform(0.9, 1.15))
    tallest = box.height * (1.35 if layout.style is Style.US else 1.0)
    height = min(tallest, side * (2.0 if kind is Emblem.STICKERS else float(rng.uniform(0.9, 1.6))))
    x, y = round(box.x + (box.width - side) / 2), round(box.y + (box.height - height) / 2)
    colour = ink if happens(rng, 0.4) else _contrasting(image, y, x, rng)
    _lay_emblem(image, kind, (x, y, round(side), round(height)), colour=colour, rng=rng)
    if happens(rng, 0.4):  # something in another tone inside
        inner = round(x + side / 4), round(y + height / 4), round(side / 2), round(height / 2)
        _lay_emblem(image, pick(tuple(Emblem), rng), inner, colour=_contrasting(image, y, x, rng), rng=rng)


def _lay_emblem(
    image: FloatImage, kind: Emblem, place: tuple[int, int, int, int], *, colour: Bgr, rng: np.random.Generator
) -> None:
    x, y, width, height = place
    target = image[max(0, y) : y + height, max(0, x) : x + width]
    mask = draw_emblem(kind, width, height, rng)[: target.shape[0], : target.shape[1]]
    blend(target[: mask.shape[0], : mask.shape[1]], mask, colour, float(rng.uniform(0.6, 1.0)))


def _contrasting(image: FloatImage, y: int, x: int, rng: np.random.Generator) -> Bgr:
    colour = rng.uniform(20, 230, 3)
    ground = float(image[y, x].mean())
    if abs(float(colour.mean()) - ground) < 50:  # noqa: PLR2004 - it would hardly be seen
        colour = colour * 0.4 if ground > 127 else 255 - (255 - colour) * 0.4  # noqa: PLR2004
    return float(colour[0]), float(colour[1]), float(colour[2])


def _add_wear(image: FloatImage, layout: Layout, rng: np.random.Generator) -> bool:
    """Draw what time and owners add, in place; True where that is a frame around the plate."""
    us = layout.style is Style.US
    if us and happens(rng, 0.65):
        fittings.add_stickers(image, layout, rng)
    framed = happens(rng, 0.35 if us else 0.1)
    if framed:
        fittings.add_frame(image, rng)
    if happens(rng, 0.65 if us else 0.3):
        fittings.add_screws(image, layout, rng)
    if happens(rng, 0.3):
        fittings.add_dirt(image, float(rng.uniform(0.1, 0.5)), rng)
    fittings.shade(image, rng)
    return framed


def _infrared(image: FloatImage, coverage: NDArray[np.uint8], ink: Bgr, rng: np.random.Generator) -> FloatImage:
    """As an infrared camera sees it: the reflecting ground glares, print loses its colour; light ink glares on dark."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    gray = 128 + (gray - 128) * float(rng.uniform(0.5, 0.8)) + float(rng.uniform(20, 60))
    if brightness(ink) < 140:  # noqa: PLR2004 - dark characters stay dark while the ground glares
        gray = np.where(coverage > 127, np.minimum(gray, rng.uniform(30, 90)), np.maximum(gray, 120))  # noqa: PLR2004
    return np.repeat(gray[:, :, None].astype(np.float32), 3, axis=2)
