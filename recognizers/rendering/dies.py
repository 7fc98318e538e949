"""Characters as stamping dies give them: one rounded stroke of even width, drawn from a skeleton.

Text fonts have optical corrections and serifs that licence plates lack. The dies of one jurisdiction differ from
another's in few ways: how square the bowls are, how wide, how thick, and which of two shapes a 1, a 4, a 6 or a G has.
Every die here is one draw of these choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

DIES = 48
"""How many are told apart; each is drawn once and kept."""

_PREFIX = "die-"
_CLOSE = (("0", "D"), ("8", "B"), ("5", "S"), ("2", "Z"))
_COMPARED_PX = 60
_ALIKE_FROM = 0.93
"""Overlap from which on two characters are one at the size of a plate in a picture: a 0 and a D that differ in the
rounding of two corners have 0.94 and more in common, an 8 and a B of one die mostly less than 0.9."""

_FINE = 3  # pixels drawn for one that is kept
_ARC_POINTS = 7

Corner = tuple[float, float, float]
"""x and y as shares of the width and height of the character, and how round the stroke turns there (0: sharp)."""

Stroke = tuple[tuple[Corner, ...], bool]
"""The corners along a stroke, and whether it comes back to its start."""


@dataclass(frozen=True, slots=True)
class Die:
    """One jurisdiction's way of shaping characters. Lengths are shares of the height."""

    width: float
    stroke: float
    roundness: float
    """1: bowls are half circles; 0: boxes."""
    waist: float
    """Height of the middle bar, from the top."""
    one: str
    four_is_open: bool
    six_is_straight: bool
    three_is_flat: bool
    zero_is_narrow: bool
    a_is_flat: bool
    i_has_serifs: bool
    g_has_spur: bool
    m_is_deep: bool
    j_has_bar: bool
    seven_bends: bool
    q_is_notched: bool
    tail: float
    """How far the stroke of a Q goes into its bowl."""


def die_names() -> tuple[str, ...]:
    """The names under which `glyphs.glyph` knows the dies."""
    return tuple(f"{_PREFIX}{number}" for number in range(DIES))


@cache
def distinct_die_names() -> tuple[str, ...]:
    """The dies whose characters nobody takes for each other: some shape a 0 as their D, or an 8 as their B."""
    return tuple(name for name in die_names() if _most_alike(name) < _ALIKE_FROM)


def _most_alike(name: str) -> float:
    """The largest share of ink that two characters have in common, drawn equally wide, of those that come close."""
    die = die_named(name)
    assert die is not None  # noqa: S101 - the names are those of the dies
    return max(_overlap(draw_die(die, one, _COMPARED_PX), draw_die(die, other, _COMPARED_PX)) for one, other in _CLOSE)


def _overlap(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    wide = np.asarray(cv2.resize(other, (one.shape[1], one.shape[0])))
    common, either = np.logical_and(one > 127, wide > 127), np.logical_or(one > 127, wide > 127)  # noqa: PLR2004 - half
    return float(common.sum() / either.sum())


@cache
def die_named(name: str) -> Die | None:
    """The die of this name; None where the name is no die's."""
    if not name.startswith(_PREFIX):
        return None
    rng = np.random.default_rng([731, int(name.removeprefix(_PREFIX))])

    def either(share: float) -> bool:
        return bool(rng.random() < share)

    return Die(
        width=float(rng.uniform(0.40, 0.58)),
        stroke=float(rng.uniform(0.095, 0.165)),
        roundness=float(rng.choice([0.35, 0.6, 0.85, 1.0])),
        waist=float(rng.uniform(0.44, 0.54)),
        one=str(rng.choice(["bar", "flag", "flag", "footed"])),
        four_is_open=either(0.15),
        six_is_straight=either(0.35),
        three_is_flat=either(0.3),
        zero_is_narrow=either(0.35),
        a_is_flat=either(0.3),
        i_has_serifs=either(0.35),
        g_has_spur=either(0.5),
        m_is_deep=either(0.4),
        j_has_bar=either(0.2),
        seven_bends=either(0.3),
        q_is_notched=either(0.25),
        tail=float(rng.uniform(0.12, 0.45)),
    )


def draw_die(die: Die, character: str, height: int) -> NDArray[np.uint8]:
    """The ink of one character, `height` pixels high, cut tightly."""
    tall = height * _FINE
    thick = max(2, round(die.stroke * tall))
    room = tall - thick
    wide = max(1.0, _width(die, character) * tall - thick)
    canvas = np.zeros((tall + 2 * thick, round(wide) + 4 * thick), np.uint8)
    for corners, closed in _STROKES[character](die):
        path = _rounded(corners, die.roundness * min(wide, 0.5 * room) / 2, (wide, room), closed=closed)
        points = np.round((path + 1.5 * thick) * 8).astype(np.int32)
        cv2.polylines(canvas, [points], closed, (255,), thick, cv2.LINE_AA, 3)
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    ink = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = max(1, round(ink.shape[1] * height / ink.shape[0])), height
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _width(die: Die, character: str) -> float:
    if character == "1":
        return {"bar": die.stroke, "flag": 0.55 * die.width, "footed": 0.8 * die.width}[die.one]
    if character == "I":
        return 0.7 * die.width if die.i_has_serifs else die.stroke
    if character == "0" and die.zero_is_narrow:
        return 0.86 * die.width
    return die.width * {"M": 1.22, "W": 1.3, "J": 0.9, "L": 0.9}.get(character, 1.0)


def _rounded(
    corners: Sequence[Corner], radius: float, size: tuple[float, float], *, closed: bool
) -> NDArray[np.float64]:
    """The path along the corners, each replaced by a curve as far as its roundness says."""
    places = np.array([(x * size[0], y * size[1]) for x, y, _ in corners], np.float64)
    path: list[NDArray[np.float64]] = []
    count = len(corners)
    for number, (place, corner) in enumerate(zip(places, corners, strict=True)):
        inner = closed or 0 < number < count - 1
        reach = radius * corner[2]
        if not inner or reach < 1:
            path.append(place[None])
            continue
        before, after = places[number - 1] - place, places[(number + 1) % count] - place
        start = place + before * min(1.0, reach / max(float(np.linalg.norm(before)), 1e-6))
        end = place + after * min(1.0, reach / max(float(np.linalg.norm(after)), 1e-6))
        along = np.linspace(0, 1, _ARC_POINTS)[:, None]
        path.append((1 - along) ** 2 * start + 2 * along * (1 - along) * place + along**2 * end)
    return np.concatenate(path)


def _open(*corners: tuple[float, float] | Corner) -> Stroke:
    return tuple((c[0], c[1], c[2] if len(c) == 3 else 0.0) for c in corners), False  # noqa: PLR2004


def _loop(*corners: tuple[float, float] | Corner) -> Stroke:
    return _open(*corners)[0], True


def _bowl(top: float, bottom: float, left: float = 0.0, right: float = 1.0) -> Stroke:
    return _loop((left, top, 1), (right, top, 1), (right, bottom, 1), (left, bottom, 1))


def _one(die: Die) -> list[Stroke]:
    if die.one == "bar":
        return [_open((0.5, 0), (0.5, 1))]
    if die.one == "flag":
        return [_open((0, 0.2), (1, 0), (1, 1))]
    return [_open((0.05, 0.2), (0.5, 0), (0.5, 1)), _open((0, 1), (1, 1))]


def _three(die: Die) -> list[Stroke]:
    end = ((1, 1, 1), (0, 1, 1), (0, 0.76))
    if die.three_is_flat:
        return [_open((0, 0), (1, 0), (0.4, 0.4), (1, 0.4, 1), *end)]
    return [_open((0, 0.22), (0, 0, 1), (1, 0, 1), (1, die.waist, 1), (0.4, die.waist), (1, die.waist, 1), *end)]


def _four(die: Die) -> list[Stroke]:
    if die.four_is_open:
        return [_open((0, 0), (0, 0.62), (1, 0.62)), _open((0.78, 0.25), (0.78, 1))]
    return [_open((0.75, 1), (0.75, 0), (0, 0.7), (1, 0.7))]


def _six(die: Die) -> list[Stroke]:
    waist = die.waist - 0.05
    if die.six_is_straight:
        return [_bowl(waist, 1), _open((0.72, 0), (0.05, 0.6))]
    return [_bowl(waist, 1), _open((1, 0.2), (1, 0, 1), (0, 0, 1), (0, 0.7))]


def _nine(die: Die) -> list[Stroke]:
    return [(tuple((1 - x, 1 - y, turn) for x, y, turn in corners), closed) for corners, closed in _six(die)]


def _seven(die: Die) -> list[Stroke]:
    return [_open((0, 0), (1, 0), (0.45, 0.55, 0.8), (0.4, 1)) if die.seven_bends else _open((0, 0), (1, 0), (0.3, 1))]


def _a(die: Die) -> list[Stroke]:
    legs = _open((0, 1), (0.36, 0), (0.64, 0), (1, 1)) if die.a_is_flat else _open((0, 1), (0.5, 0), (1, 1))
    return [legs, _open((0.16, 0.68), (0.84, 0.68))]


def _g(die: Die) -> list[Stroke]:
    foot: tuple[tuple[float, float], ...] = ((1, 1), (1, 0.56), (0.55, 0.56))
    if die.g_has_spur:
        return [_open((1, 0.26), (1, 0, 1), (0, 0, 1), (0, 1, 1), (0.9, 1, 1), (1, 0.8)), _open(*foot)]
    return [_open((1, 0.26), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), *foot[1:])]


def _i(die: Die) -> list[Stroke]:
    stem = _open((0.5, 0), (0.5, 1))
    return [stem, _open((0, 0), (1, 0)), _open((0, 1), (1, 1))] if die.i_has_serifs else [stem]


def _j(die: Die) -> list[Stroke]:
    hook = _open((1, 0), (1, 1, 1), (0, 1, 1), (0, 0.7))
    return [hook, _open((0.35, 0), (1, 0))] if die.j_has_bar else [hook]


def _m(die: Die) -> list[Stroke]:
    return [_open((0, 1), (0, 0), (0.5, 1 if die.m_is_deep else 0.6), (1, 0), (1, 1))]


def _w(die: Die) -> list[Stroke]:
    if die.m_is_deep:
        return [_open((0, 0), (0.25, 1), (0.5, 0.05), (0.75, 1), (1, 0))]
    return [_open((0, 0), (0.2, 1), (0.5, 0.4), (0.8, 1), (1, 0))]


def _p(die: Die) -> Stroke:
    return _open((0, 1), (0, 0), (1, 0, 1), (1, die.waist + 0.06, 1), (0, die.waist + 0.06))


def _q(die: Die) -> list[Stroke]:
    if die.q_is_notched:  # a short tail, straight down through the bowl
        return [_bowl(0, 1), _open((0.62, 0.78), (0.62, 1.08))]
    return [_bowl(0, 1), _open((1 - die.tail, 1 - die.tail), (1.02, 1.04))]


def _b(die: Die) -> list[Stroke]:
    upper = _loop((0, 0), (0.94, 0, 1), (0.94, die.waist, 1), (0, die.waist))
    return [upper, _loop((0, die.waist), (1, die.waist, 1), (1, 1, 1), (0, 1))]


def _s(die: Die) -> list[Stroke]:
    waist = die.waist
    start, end = ((1, 0.24), (1, 0, 1), (0, 0, 1)), ((1, 1, 1), (0, 1, 1), (0, 0.76))
    return [_open(*start, (0, waist, 1), (1, waist, 1), *end)]


_STROKES: dict[str, Callable[[Die], list[Stroke]]] = {
    "0": lambda _: [_bowl(0, 1)],
    "1": _one,
    "2": lambda _: [_open((0, 0.25), (0, 0, 1), (1, 0, 1), (1, 0.42, 0.7), (0, 1), (1, 1))],
    "3": _three,
    "4": _four,
    "5": lambda die: [
        _open((0.95, 0), (0.04, 0), (0, die.waist - 0.06), (1, die.waist - 0.1, 1), (1, 1, 1), (0, 1, 1), (0, 0.78))
    ],
    "6": _six,
    "7": _seven,
    "8": lambda die: [_bowl(0, die.waist - 0.02, 0.05, 0.95), _bowl(die.waist - 0.02, 1)],
    "9": _nine,
    "A": _a,
    "B": _b,
    "C": lambda _: [_open((1, 0.26), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 0.74))],
    "D": lambda _: [_loop((0, 0), (1, 0, 1), (1, 1, 1), (0, 1))],
    "E": lambda die: [_open((1, 0), (0, 0), (0, 1), (1, 1)), _open((0, die.waist), (0.85, die.waist))],
    "F": lambda die: [_open((1, 0), (0, 0), (0, 1)), _open((0, die.waist), (0.85, die.waist))],
    "G": _g,
    "H": lambda die: [_open((0, 0), (0, 1)), _open((1, 0), (1, 1)), _open((0, die.waist), (1, die.waist))],
    "I": _i,
    "J": _j,
    "K": lambda _: [_open((0, 0), (0, 1)), _open((1, 0), (0, 0.62)), _open((0.3, 0.45), (1, 1))],
    "L": lambda _: [_open((0, 0), (0, 1), (1, 1))],
    "M": _m,
    "N": lambda _: [_open((0, 1), (0, 0), (1, 1), (1, 0))],
    "O": lambda _: [_bowl(0, 1)],
    "P": lambda die: [_p(die)],
    "Q": _q,
    "R": lambda die: [_p(die), _open((0.45, die.waist + 0.06), (1, 1))],
    "S": _s,
    "T": lambda _: [_open((0, 0), (1, 0)), _open((0.5, 0), (0.5, 1))],
    "U": lambda _: [_open((0, 0), (0, 1, 1), (1, 1, 1), (1, 0))],
    "V": lambda _: [_open((0, 0), (0.5, 1), (1, 0))],
    "W": _w,
    "X": lambda _: [_open((0, 0), (1, 1)), _open((1, 0), (0, 1))],
    "Y": lambda _: [_open((0, 0), (0.5, 0.5), (1, 0)), _open((0.5, 0.5), (0.5, 1))],
    "Z": lambda _: [_open((0, 0), (1, 0), (0, 1), (1, 1))],
}
