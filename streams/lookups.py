"""What is looked up for a read: the folded texts that its plate may be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from recognizers.fold import fold
from recognizers.plate import Lattice

MOST_TEXTS = 64
"""Folded texts looked up for one read at most; a clear read has one to four."""


def folded_texts(lattice: Lattice, candidates: tuple[str, ...], least: float) -> tuple[str, ...]:
    """The folded texts that the plate carries with at least this probability, likeliest first.

    Characters of one fold class are one here: their mass adds up, and one text of the list's index stands for all.

    Args:
        lattice: of the read.
        candidates: texts that are looked up in any case, best first: a grammar may have raised them over the lattice.
        least: probability below which a text cannot matter.
    """
    texts = dict.fromkeys(fold(text) for text in candidates)
    columns = [_folded(column) for column in lattice]
    found = sorted(_spelt(columns, least), key=lambda each: -each[1])
    texts.update(dict.fromkeys(text for text, _ in found if text))
    return tuple(texts)[:MOST_TEXTS]


@cache
def _folded_character(character: str) -> str:
    return fold(character)


def _folded(column: Mapping[str, float]) -> list[tuple[str, float]]:
    merged: dict[str, float] = {}
    for character, p in column.items():
        key = _folded_character(character)
        merged[key] = merged.get(key, 0.0) + p
    return sorted(merged.items(), key=lambda each: -each[1])


def _spelt(columns: list[list[tuple[str, float]]], least: float) -> Iterator[tuple[str, float]]:
    """All texts of at least this probability: a walk that turns back as soon as it falls below."""
    # The most that the rest of the columns can leave of a probability; without it, hopeless beginnings are walked on.
    rest = [1.0] * (len(columns) + 1)
    for place in range(len(columns) - 1, -1, -1):
        rest[place] = rest[place + 1] * (columns[place][0][1] if columns[place] else 0.0)
    stack: list[tuple[int, str, float]] = [(0, "", 1.0)]
    while stack:
        place, text, p = stack.pop()
        if place == len(columns):
            yield text, p
            continue
        for character, q in columns[place]:
            if p * q * rest[place + 1] < least:
                break
            stack.append((place + 1, text + character, p * q))
