"""Emblems that stand between or beside the characters: silhouettes that a reader must learn to pass over."""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 64


class Emblem(Enum):
    """What an emblem shows. A figure, a map and a seal differ from plate to plate."""

    STAR = "star"
    HEART = "heart"
    DIAMOND = "diamond"
    KEYSTONE = "keystone"
    SHIELD = "shield"
    SUN = "sun"
    SEAL = "seal"
    WHEELCHAIR = "wheelchair"
    TREE = "tree"
    CACTUS = "cactus"
    ORANGES = "oranges"
    PLUS = "plus"
    STICKERS = "stickers"
    MAP = "map"
    FIGURE = "figure"
    MONOGRAM = "monogram"


_POLYGONS: dict[Emblem, tuple[tuple[int, int], ...]] = {
    Emblem.DIAMOND: ((32, 4), (60, 32), (32, 60), (4, 32)),
    Emblem.KEYSTONE: ((6, 6), (58, 6), (60, 22), (52, 22), (58, 60), (6, 60), (12, 22), (4, 22)),
    Emblem.SHIELD: ((8, 4), (56, 4), (56, 34), (48, 50), (32, 62), (16, 50), (8, 34)),
    Emblem.TREE: (
        (32, 2),
        (46, 22),
        (40, 22),
        (52, 38),
        (44, 38),
        (58, 52),
        (36, 52),
        (36, 62),
        (28, 62),
        (28, 52),
        (6, 52),
        (20, 38),
        (12, 38),
        (24, 22),
        (18, 22),
    ),
    Emblem.CACTUS: (
        (27, 62),
        (27, 44),
        (10, 44),
        (10, 20),
        (17, 20),
        (17, 36),
        (27, 36),
        (27, 4),
        (37, 4),
        (37, 42),
        (47, 42),
        (47, 16),
        (54, 16),
        (54, 50),
        (37, 50),
        (37, 62),
    ),
    Emblem.PLUS: (
        (24, 4),
        (40, 4),
        (40, 24),
        (60, 24),
        (60, 40),
        (40, 40),
        (40, 60),
        (24, 60),
        (24, 40),
        (4, 40),
        (4, 24),
        (24, 24),
    ),
}
_DISCS: dict[Emblem, tuple[tuple[int, int, int], ...]] = {
    Emblem.ORANGES: ((22, 36, 19), (44, 42, 17)),
    Emblem.STICKERS: ((32, 15, 14), (32, 48, 15)),
    Emblem.SUN: ((32, 32, 17),),
    Emblem.SEAL: ((32, 32, 29),),
}


def draw_emblem(emblem: Emblem, width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The emblem's mask of this size; 255 where it is painted."""
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    if emblem in _POLYGONS:
        _fill(mask, np.array(_POLYGONS[emblem], np.float64))
    for x, y, radius in _DISCS.get(emblem, ()):
        cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    if emblem is Emblem.STAR:
        _fill(mask, _star(5, 0.42))
    elif emblem is Emblem.SUN:
        _fill(mask, _star(12, 0.62))
    elif emblem is Emblem.SEAL:
        _draw_seal(mask, rng)
    elif emblem is Emblem.HEART:
        _draw_heart(mask)
    elif emblem is Emblem.WHEELCHAIR:
        _draw_wheelchair(mask)
    elif emblem is Emblem.MAP:
        _fill(mask, _outline(rng, points=14, roughness=0.45))
    elif emblem is Emblem.FIGURE:
        _draw_figure(mask, rng)
    elif emblem is Emblem.MONOGRAM:
        _draw_monogram(mask, rng)
    return np.asarray(cv2.resize(mask, (max(2, width), max(2, height)), interpolation=cv2.INTER_AREA), np.uint8)


def _fill(mask: NDArray[np.uint8], points: NDArray[np.float64]) -> None:
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], (255,), cv2.LINE_AA)


def _star(tips: int, inner: float) -> NDArray[np.float64]:
    angle = np.arange(2 * tips) * np.pi / tips - np.pi / 2
    radius = np.where(np.arange(2 * tips) % 2 == 0, 31.0, 31.0 * inner)
    return np.stack([32 + radius * np.cos(angle), 32 + radius * np.sin(angle)], axis=1)


def _outline(rng: np.random.Generator, points: int, roughness: float) -> NDArray[np.float64]:
    angle = np.arange(points) * 2 * np.pi / points
    radius = 31 * (1 - roughness * rng.random(points))
    return np.stack([32 + radius * np.cos(angle), 32 + radius * np.sin(angle)], axis=1)


def _draw_seal(mask: NDArray[np.uint8], rng: np.random.Generator) -> None:
    cv2.circle(mask, (32, 32), 24, (70,), 2, cv2.LINE_AA)
    inner = np.zeros_like(mask)
    _fill(inner, 32 + (_outline(rng, points=9, roughness=0.6) - 32) * 0.6)
    mask[inner > 127] = 60  # noqa: PLR2004 - half covered


def _draw_heart(mask: NDArray[np.uint8]) -> None:
    for x in (19, 45):
        cv2.circle(mask, (x, 21), 15, (255,), -1, cv2.LINE_AA)
    _fill(mask, np.array([(5, 27), (59, 27), (32, 61)], np.float64))


def _draw_wheelchair(mask: NDArray[np.uint8]) -> None:
    cv2.circle(mask, (26, 8), 6, (255,), -1, cv2.LINE_AA)
    cv2.ellipse(mask, (28, 42), (17, 17), 0, 20, 300, (255,), 5, cv2.LINE_AA)
    for line in (((26, 15), (28, 36)), ((28, 36), (44, 36)), ((44, 36), (51, 56)), ((27, 24), (42, 24))):
        cv2.line(mask, line[0], line[1], (255,), 6, cv2.LINE_AA)


def _draw_monogram(mask: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """A letter or two in a disc, a ring or a box, as clubs and offices have them."""
    letters = "".join(chr(int(rng.integers(65, 91))) for _ in range(int(rng.integers(1, 3))))
    ring = rng.random() < 0.5  # noqa: PLR2004
    ink = 255 if ring else 0
    if rng.random() < 0.6:  # noqa: PLR2004
        cv2.circle(mask, (32, 32), 29, (255,), 4 if ring else -1, cv2.LINE_AA)
    else:
        cv2.rectangle(mask, (4, 4), (59, 59), (255,), 4 if ring else -1)
    size = 1.3 if len(letters) == 1 else 0.85
    (width, height), _ = cv2.getTextSize(letters, cv2.FONT_HERSHEY_SIMPLEX, size, 4)
    place = (32 - width // 2, 32 + height // 2)
    cv2.putText(mask, letters, place, cv2.FONT_HERSHEY_SIMPLEX, size, (ink,), 4, cv2.LINE_AA)


def _draw_figure(mask: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """An animal or a rider, as far as a camera can tell: a body, a head, legs."""
    body = (int(rng.integers(24, 40)), int(rng.integers(28, 38)))
    axes = (int(rng.integers(14, 25)), int(rng.integers(8, 14)))
    cv2.ellipse(mask, body, axes, float(rng.uniform(-30, 30)), 0, 360, (255,), -1, cv2.LINE_AA)
    head = (int(rng.integers(6, 58)), int(rng.integers(6, 20)))
    cv2.line(mask, body, head, (255,), int(rng.integers(5, 10)), cv2.LINE_AA)
    cv2.circle(mask, head, int(rng.integers(5, 9)), (255,), -1, cv2.LINE_AA)
    for x in rng.integers(6, 58, size=int(rng.integers(2, 5))):
        cv2.line(
            mask, (body[0] + (int(x) - 32) // 2, body[1]), (int(x), 61), (255,), int(rng.integers(3, 6)), cv2.LINE_AA
        )
