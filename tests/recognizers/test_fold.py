from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import CONFUSED, fold, normalise
from recognizers.plate import ALPHABET


@pytest.mark.parametrize(
    ("plate", "normalised", "folded"),
    [
        pytest.param("abc-123", "ABC123", "A8C123", id="case-and-separator"),
        pytest.param("34A-368.37", "34A36837", "34A36837", id="vietnam"),
        pytest.param("O0DQ", "O0DQ", "0000", id="round-ones"),
        pytest.param("I1 Z2 S5 B8", "I1Z2S5B8", "11225588", id="pairs"),
        pytest.param("MÜ AB 1", "MAB1", "MA81", id="characters-that-are-not-read-are-dropped"),
        pytest.param("٣ABC", "ABC", "A8C", id="digits-of-another-script"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_plates_are_spelled_in_one_way(plate: str, normalised: str, folded: str) -> None:
    assert normalise(plate) == normalised
    assert fold(plate) == folded


@given(st.text())
def test_folding_is_stable_and_stays_in_the_alphabet(plate: str) -> None:
    assert fold(fold(plate)) == fold(plate)
    assert set(fold(plate)) <= set(ALPHABET)
    assert len(fold(plate)) == len(normalise(plate))


@given(st.text(ALPHABET, max_size=8), st.data())
def test_plates_that_differ_in_confused_characters_fold_alike(plate: str, data: st.DataObject) -> None:
    classes = {character: group for group in CONFUSED for character in group}
    misread = "".join(data.draw(st.sampled_from(classes.get(character, character))) for character in plate)
    assert fold(misread) == fold(plate)


def test_no_character_is_in_two_classes() -> None:
    together = "".join(CONFUSED)
    assert len(set(together)) == len(together)
