"""Texts of usual formats that one slip makes a text of an unusual one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.issue_tables import format_of
from recognizers.near_formats import HANDED, slips, usual_neighbours
from recognizers.plate import ALPHABET


def is_usual(text: str) -> bool:
    return format_of(text) == "AAA999"


@pytest.mark.parametrize(
    ("read", "near", "far"),
    [
        pytest.param("BC123", "ABC123", "ABC124", id="the-first-was-lost"),
        pytest.param("ABC12", "ABC123", "ABD123", id="the-last-was-lost"),
        pytest.param("AB123", "ABC123", "ABCD123", id="one-between-was-lost"),
        pytest.param("A8C123", "ABC123", "ABD123", id="a-digit-for-a-letter"),
        pytest.param("ABCI23", "ABC123", "ABC223I", id="a-letter-for-a-digit"),
    ],
)
def test_what_one_slip_makes_of_a_usual_text_is_near_it(read: str, near: str, far: str) -> None:
    shares = usual_neighbours(read, is_usual)
    assert shares[near] > 0
    assert far not in shares
    assert all(is_usual(text) for text in shares)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_an_end_is_lost_more_often_than_what_stands_between() -> None:
    shares = usual_neighbours("AB123", is_usual)
    assert shares["XAB123"] > 5 * shares["AXB123"] > 0


@pytest.mark.parametrize("read", ["A1B2", "ABC1234", "1234567", "AB"])
def test_what_is_two_slips_away_or_longer_has_no_neighbours(read: str) -> None:
    assert usual_neighbours(read, is_usual) == {}


def test_a_usual_text_hands_nothing_over_nor_does_a_hardly_likely_one() -> None:
    assert set(slips({"ABC123": 0.9, "AB123": 0.05, "BC123": 0.001}, is_usual)) == {"AB123"}


@given(st.dictionaries(st.text(ALPHABET, min_size=1, max_size=7), st.floats(0.0, 0.2), max_size=5))
def test_a_text_hands_over_half_of_what_it_has_or_nothing(texts: dict[str, float]) -> None:
    for text, handed in slips(texts, is_usual).items():
        assert sum(handed.values()) == pytest.approx(HANDED * texts[text])
        assert text not in handed
