"""Our loss equals the sum over all paths that spell the text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from keras import ops

from recognizers.plate import ALPHABET
from recognizers.training.ctc import ctc_loss
from recognizers.training.labels import BLANK, encode_texts

COLUMNS = 4
ALLOWED = [ALPHABET.index("A"), ALPHABET.index("B"), BLANK]


def brute_force(odds: np.ndarray, text: str) -> float:
    """Probability of the text over the paths of A, B and blank; all else is impossible."""
    total = 0.0
    for path in itertools.product(ALLOWED, repeat=COLUMNS):
        spelled = "".join(ALPHABET[index] for index, _ in itertools.groupby(path) if index != BLANK)
        if spelled == text:
            total += float(np.prod([odds[column, index] for column, index in enumerate(path)]))
    return total


def random_logits(seed: int) -> np.ndarray:
    logits = np.full((COLUMNS, BLANK + 1), -40.0, np.float32)
    logits[:, ALLOWED] = np.random.default_rng(seed).normal(0, 2, (COLUMNS, 3))
    return logits


@pytest.mark.parametrize("text", ["", "A", "B", "AB", "AA", "ABA", "AAB", "ABAB"])
def test_loss_is_that_of_all_paths(text: str) -> None:
    for seed in range(5):
        logits = random_logits(seed)
        odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = float(ctc_loss(encode_texts([text], 5), logits[None])[0])
        assert np.exp(-loss) == pytest.approx(brute_force(odds, text), rel=1e-3, abs=1e-12)


def test_a_text_that_does_not_fit_is_as_good_as_impossible() -> None:
    # Two equal characters need a blank between them: five columns at least.
    assert float(ctc_loss(encode_texts(["AABB"], 5), random_logits(0)[None])[0]) > 30


def test_texts_of_a_batch_do_not_touch_each_other() -> None:
    logits = np.stack([random_logits(seed) for seed in range(3)])
    together = ops.convert_to_numpy(ctc_loss(encode_texts(["A", "", "BA"], 5), logits))
    alone = [float(ctc_loss(encode_texts([text], 5), logits[n : n + 1])[0]) for n, text in enumerate(["A", "", "BA"])]
    assert together == pytest.approx(alone, rel=1e-4)


def test_labels_longer_than_allowed_are_refused() -> None:
    with pytest.raises(ValueError, match="longer than 3"):
        encode_texts(["ABCD"], 3)
