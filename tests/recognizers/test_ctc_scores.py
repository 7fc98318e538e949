from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.ctc_scores import TextScorer
from recognizers.plate import ALPHABET

COLUMNS = 4
FEW = "AB"


def some_columns(seed: int, columns: int = COLUMNS) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Probabilities of A, B and the blank; of nothing else."""
    odds = np.zeros((columns, len(ALPHABET) + 1))
    rng = np.random.default_rng(seed)
    chosen = [ALPHABET.index(character) for character in FEW] + [len(ALPHABET)]
    odds[:, chosen] = rng.dirichlet(np.ones(len(chosen)), columns)
    return odds


def collapse(path: tuple[str, ...]) -> str:
    return "".join(character for character, _ in itertools.groupby(path)).replace("-", "")


def by_enumeration(odds: np.ndarray[tuple[int, int], np.dtype[np.float64]], text: str) -> float:
    """Sum over every path that spells the text."""
    places = {**{character: ALPHABET.index(character) for character in FEW}, "-": len(ALPHABET)}
    total = 0.0
    for path in itertools.product((*FEW, "-"), repeat=len(odds)):
        if collapse(path) == text:
            total += float(np.prod([odds[column, places[character]] for column, character in enumerate(path)]))
    return total


@given(st.integers(0, 1000))
def test_the_forward_sum_is_the_sum_over_all_paths(seed: int) -> None:
    odds = some_columns(seed)
    texts = ("", "A", "AB", "BA", "AA", "ABA")
    found = np.exp(TextScorer(texts).log_likelihoods(odds))
    assert found == pytest.approx([by_enumeration(odds, text) for text in texts], abs=1e-12)


def test_all_texts_together_are_certain() -> None:
    texts = ["".join(parts) for length in range(4) for parts in itertools.product(FEW, repeat=length)]
    assert np.exp(TextScorer(texts).log_likelihoods(some_columns(5, columns=3))).sum() == pytest.approx(1)


def test_many_columns_do_not_underflow() -> None:
    odds = np.full((200, len(ALPHABET) + 1), 1 / 37)
    assert np.isfinite(TextScorer(["CALIFORNIA", "MAINE"]).log_likelihoods(odds)).all()
