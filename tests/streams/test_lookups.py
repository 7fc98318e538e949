from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from recognizers.plate import Lattice
from streams.lookups import MOST_TEXTS, folded_texts

CLEAR: Lattice = ({"A": 1.0}, {"B": 0.9, "8": 0.1}, {"1": 1.0})


def test_look_alikes_are_looked_up_as_one_text() -> None:
    assert folded_texts(CLEAR, ("AB1",), 0.01) == (fold("AB1"),)


def test_what_was_read_comes_first_then_the_likeliest() -> None:
    lattice: Lattice = ({"A": 0.6, "H": 0.3, "N": 0.1},)
    assert folded_texts(lattice, ("H",), 0.01) == ("H", "A", "N")


def test_what_is_too_unlikely_is_not_looked_up() -> None:
    lattice: Lattice = ({"A": 0.96, "H": 0.04}, {"M": 0.9, "N": 0.1})
    assert folded_texts(lattice, ("AM",), 0.05) == ("AM", "AN")


def test_a_character_that_may_be_missing_gives_the_shorter_text_too() -> None:
    assert folded_texts(({"A": 1.0}, {"1": 0.7, "": 0.3}), ("A1",), 0.01) == ("A1", "A")


def test_a_read_without_a_lattice_is_looked_up_as_it_is() -> None:
    assert folded_texts((), ("A0C",), 0.01) == ("A0C",)


columns = st.dictionaries(st.sampled_from("AHMNO0"), st.integers(1, 9), min_size=1, max_size=4).map(
    lambda weights: {c: w / sum(weights.values()) for c, w in weights.items()}
)


@given(st.lists(columns, min_size=1, max_size=5).map(tuple), st.floats(0.001, 0.5))
def test_exactly_the_texts_that_are_likely_enough_are_looked_up(lattice: Lattice, least: float) -> None:
    mass: dict[str, float] = {}
    for path in itertools.product(*(column.items() for column in lattice)):
        text, p = fold("".join(c for c, _ in path)), 1.0
        for _, q in path:
            p *= q
        mass[text] = mass.get(text, 0.0) + p
    likely = {text for text, p in mass.items() if p >= least * (1 + 1e-9)}
    unlikely = {text for text, p in mass.items() if p < least * (1 - 1e-9)}
    found = set(folded_texts(lattice, (), least))
    if len(likely) <= MOST_TEXTS:
        assert likely <= found
    assert not unlikely & found


def test_no_read_asks_for_more_than_the_most() -> None:
    lattice: Lattice = tuple({c: 0.25 for c in "AHMN"} for _ in range(7))
    assert len(folded_texts(lattice, (), 1e-6)) == MOST_TEXTS
    assert pytest.approx(1.0) == sum(lattice[0].values())
