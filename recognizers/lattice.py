"""Candidates of one plate to the characters that may stand at each position."""

from __future__ import annotations

from collections.abc import Sequence

from recognizers.plate import NONE, Candidate, Lattice

LEAST = 1e-3
"""Characters less likely than this are left out of a lattice."""


def build_lattice(candidates: Sequence[Candidate]) -> Lattice:
    """What the candidates say of each position, weighed by their probabilities.

    All are aligned to the first. Where others have a character more, a position is added that is `NONE` for the rest.
    What the candidates leave of the whole, texts that nobody named, is left out of every character alike: so the
    likeliest path through the lattice is as probable as the read is, and not as if nothing else could stand there.

    Args:
        candidates: best first; empty texts say nothing of positions and are passed over.
    """
    texts = [candidate for candidate in candidates if candidate.text and candidate.confidence > 0]
    if not texts:
        return ()
    total = sum(candidate.confidence for candidate in texts)
    best = texts[0].text
    named = min(1.0, total) ** (1 / len(best))
    # Position 2i is the gap before character i, 2i + 1 the character itself.
    columns: list[dict[str, float]] = [{} for _ in range(2 * len(best) + 1)]
    for candidate in texts:
        weight = candidate.confidence / total
        for column, character in zip(columns, _align(best, candidate.text), strict=True):
            column[character] = column.get(character, 0.0) + weight
    return tuple(
        _cut(column, named if place % 2 else 1.0)
        for place, column in enumerate(columns)
        if column.get(NONE, 0.0) < 1 - LEAST
    )


def _cut(column: dict[str, float], named: float) -> dict[str, float]:
    """The characters that are likely enough, of the share of the position's mass that is named."""
    ordered = sorted(column.items(), key=lambda item: -item[1])
    likely = {character: p * named for character, p in ordered if p * named >= LEAST}
    return likely or {ordered[0][0]: ordered[0][1] * named}


def _align(best: str, text: str) -> list[str]:
    """What the text has in each gap and at each character of the best one; of several in a gap, the first counts."""
    aligned = [NONE] * (2 * len(best) + 1)
    costs = _edit_costs(best, text)
    i, j = len(best), len(text)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (best[i - 1] != text[j - 1]):
            i, j = i - 1, j - 1
            aligned[2 * i + 1] = text[j]
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
            aligned[2 * i] = text[j]
    return aligned


def _edit_costs(best: str, text: str) -> list[list[int]]:
    costs = [[max(i, j) if not i or not j else 0 for j in range(len(text) + 1)] for i in range(len(best) + 1)]
    for i, expected in enumerate(best, start=1):
        for j, character in enumerate(text, start=1):
            costs[i][j] = min(costs[i - 1][j - 1] + (expected != character), costs[i - 1][j] + 1, costs[i][j - 1] + 1)
    return costs
