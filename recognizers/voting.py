"""Many looks at one plate to one read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recognizers.plate import ALPHABET, NONE, Candidate, Lattice

FLOOR = 1e-3
"""Probability given to a character that a look does not mention: what the lattice cut off. Lower lets one sure and
wrong look veto all others; higher makes every look count for less."""

_CHARACTERS = len(ALPHABET) + 1
"""Those of the alphabet, and none."""

_LEAST_UNNAMED = 1e-8
"""Probability given to a character that nobody names by a look whose named ones sum to 1."""

_SURELY_NONE: Mapping[str, float] = {NONE: 1.0}
_BEAM = 64


@dataclass(frozen=True, slots=True)
class Vote:
    """One look's characters, and how much its picture is worth, in (0, 1]."""

    lattice: Lattice
    weight: float


def fuse(votes: Sequence[Vote]) -> Lattice:
    """The characters of one plate from several looks at it; their order does not matter.

    Looks are aligned by edit path to the weightiest, then log-probabilities are summed by position (product rule;
    source: Kittler et al., "On combining classifiers", IEEE TPAMI 20(3), 1998). That rule takes the looks for
    independent, which frames of one pass are not, so the n looks together count as sqrt(n) full ones.

    Args:
        votes: at least one; lattices may differ in length.
    """
    ranked = sorted(votes, key=lambda vote: (-vote.weight, [sorted(column.items()) for column in vote.lattice]))
    profile: list[list[tuple[Mapping[str, float], float]]] = [
        [(column, ranked[0].weight)] for column in ranked[0].lattice
    ]
    seen = ranked[0].weight
    reference = list(ranked[0].lattice)
    for vote in ranked[1:]:
        profile, reference = _add(profile, reference, vote, seen)
        seen += vote.weight
    scale = math.sqrt(len(votes)) / seen
    return _trim(tuple(_column(parts, scale) for parts in profile))


def _add(
    profile: list[list[tuple[Mapping[str, float], float]]],
    reference: list[Mapping[str, float]],
    vote: Vote,
    seen: float,
) -> tuple[list[list[tuple[Mapping[str, float], float]]], list[Mapping[str, float]]]:
    """The profile with one more look in it; a position that only the look has is new to all before it."""
    widened: list[list[tuple[Mapping[str, float], float]]] = []
    columns: list[Mapping[str, float]] = []
    for at_reference, at_look in align(reference, vote.lattice):
        if at_reference is None:
            parts = [(_SURELY_NONE, seen)]
            columns.append(vote.lattice[at_look] if at_look is not None else _SURELY_NONE)
        else:
            parts = profile[at_reference]
            columns.append(reference[at_reference])
        look = vote.lattice[at_look] if at_look is not None else _SURELY_NONE
        widened.append([*parts, (look, vote.weight)])
    return widened, columns


def align(
    left: Sequence[Mapping[str, float]], right: Sequence[Mapping[str, float]]
) -> list[tuple[int | None, int | None]]:
    """The likeliest pairing of two lattices' positions, in order; None where a position has no partner."""
    rows, columns = len(left) + 1, len(right) + 1
    best = [[0.0] * columns for _ in range(rows)]
    for i in range(1, rows):
        best[i][0] = best[i - 1][0] + _gap(left[i - 1])
    for j in range(1, columns):
        best[0][j] = best[0][j - 1] + _gap(right[j - 1])
    for i in range(1, rows):
        for j in range(1, columns):
            best[i][j] = max(
                best[i - 1][j - 1] + _agreement(left[i - 1], right[j - 1]),
                best[i - 1][j] + _gap(left[i - 1]),
                best[i][j - 1] + _gap(right[j - 1]),
            )
    return _walk_back(best, left, right)


def _walk_back(
    best: list[list[float]], left: Sequence[Mapping[str, float]], right: Sequence[Mapping[str, float]]
) -> list[tuple[int | None, int | None]]:
    i, j = len(left), len(right)
    pairs: list[tuple[int | None, int | None]] = []
    while i or j:
        if i and j and best[i][j] == best[i - 1][j - 1] + _agreement(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and best[i][j] == best[i - 1][j] + _gap(left[i - 1]):
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _gap(column: Mapping[str, float]) -> float:
    return math.log(max(FLOOR, column.get(NONE, 0.0)))


def _agreement(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    same = sum(p * right.get(character, 0.0) for character, p in left.items() if character != NONE)
    return math.log(max(FLOOR, same))


def _column(parts: Sequence[tuple[Mapping[str, float], float]], scale: float) -> dict[str, float]:
    characters = {character for column, _ in parts for character in column}
    rests = [_unnamed(column) for column, _ in parts]
    scores = {
        character: scale
        * sum(
            weight * math.log(column.get(character, 0.0) or max(FLOOR, rest))
            for (column, weight), rest in zip(parts, rests, strict=True)
        )
        for character in characters
    }
    # What all looks leave to characters that none of them names counts too: looks that are unsure stay so.
    others = scale * sum(weight * math.log(rest) for (_, weight), rest in zip(parts, rests, strict=True))
    highest = max(scores.values())
    odds = {character: math.exp(score - highest) for character, score in scores.items()}
    unnamed = max(0, _CHARACTERS - len(characters)) * math.exp(min(0.0, others - highest))
    total = sum(odds.values()) + unnamed
    ranked = sorted(((c, p / total) for c, p in odds.items()), key=lambda item: -item[1])
    return {c: p for c, p in ranked if p >= FLOOR} or dict(ranked[:1])


def _unnamed(column: Mapping[str, float]) -> float:
    """The probability of each character that the look does not name."""
    return max(_LEAST_UNNAMED, (1.0 - sum(column.values())) / max(1, _CHARACTERS - len(column)))


def _trim(lattice: Lattice) -> Lattice:
    """Without the positions where surely nothing stands."""
    return tuple(column for column in lattice if column.get(NONE, 0.0) < 1.0 - FLOOR)


def best_texts(lattice: Lattice, count: int) -> tuple[Candidate, ...]:
    """The likeliest texts of a lattice, best first, each with its probability; different paths to one text add up."""
    beam: dict[str, float] = {"": 1.0}
    for column in lattice:
        longer: dict[str, float] = {}
        for text, p in beam.items():
            for character, q in column.items():
                longer[text + character] = longer.get(text + character, 0.0) + p * q
        beam = dict(sorted(longer.items(), key=lambda item: -item[1])[:_BEAM])
    ranked = sorted(beam.items(), key=lambda item: (-item[1], item[0]))[:count]
    return tuple(Candidate(text, min(1.0, p)) for text, p in ranked if text)
