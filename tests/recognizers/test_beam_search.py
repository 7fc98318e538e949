"""Beam search over columns gives texts with their summed probabilities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.beam_search import likeliest_texts
from recognizers.plate import ALPHABET

BLANK = len(ALPHABET)


def columns_of(*odds: dict[str, float]) -> np.ndarray:
    """Columns with the given odds; `_` is the blank."""
    columns = np.zeros((len(odds), BLANK + 1))
    for column, given_odds in zip(columns, odds, strict=True):
        for character, probability in given_odds.items():
            column[BLANK if character == "_" else ALPHABET.index(character)] = probability
    return columns


def collapse(path: tuple[str, ...]) -> str:
    return "".join(character for character, _ in itertools.groupby(path) if character != "_")


def brute_force(odds: list[dict[str, float]]) -> dict[str, float]:
    texts: dict[str, float] = {}
    for path in itertools.product(*(column.items() for column in odds)):
        text = collapse(tuple(character for character, _ in path))
        texts[text] = texts.get(text, 0.0) + float(np.prod([probability for _, probability in path]))
    return texts


@pytest.mark.parametrize(
    ("odds", "text", "probability"),
    [
        pytest.param([{"A": 1.0}, {"A": 1.0}], "A", 1.0, id="repetition-is-one-character"),
        pytest.param([{"A": 1.0}, {"_": 1.0}, {"A": 1.0}], "AA", 1.0, id="blank-between-makes-two"),
        pytest.param([{"_": 1.0}, {"_": 1.0}], "", 1.0, id="blanks-alone-spell-nothing"),
        # Two paths of 0.24 each beat the single best path, "_" twice with 0.36.
        pytest.param([{"A": 0.4, "_": 0.6}] * 2, "A", 0.64, id="paths-of-one-text-add-up"),
    ],
)
def test_best_text(odds: list[dict[str, float]], text: str, probability: float) -> None:
    best = likeliest_texts(columns_of(*odds), 3)[0]
    assert best.text == text
    assert best.confidence == pytest.approx(probability)


@st.composite
def odds_of_columns(draw: st.DrawFn) -> list[dict[str, float]]:
    columns = []
    for _ in range(draw(st.integers(1, 4))):
        weights = [draw(st.floats(0.01, 1)) for _ in range(3)]
        columns.append(dict(zip("AB_", (weight / sum(weights) for weight in weights), strict=True)))
    return columns


@given(odds_of_columns())
def test_probabilities_are_those_of_all_paths(odds: list[dict[str, float]]) -> None:
    found = likeliest_texts(columns_of(*odds), 100)
    expected = brute_force(odds)
    for candidate in found[:3]:
        assert candidate.confidence == pytest.approx(expected[candidate.text], rel=0.05)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_candidates_are_ordered_distinct_and_share_one(seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, (40, BLANK + 1))
    columns = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = likeliest_texts(columns, 10)
    assert len({candidate.text for candidate in found}) == len(found) <= 10
    assert sum(candidate.confidence for candidate in found) <= 1 + 1e-9
    assert [candidate.confidence for candidate in found] == sorted((c.confidence for c in found), reverse=True)
