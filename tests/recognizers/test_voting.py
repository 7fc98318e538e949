from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.plate import ALPHABET, NONE
from recognizers.voting import FLOOR, Vote, align, best_texts, fuse
from tests.builders import build_lattice

characters = st.sampled_from([*ALPHABET, NONE])


@st.composite
def columns(draw: st.DrawFn) -> Mapping[str, float]:
    names = draw(st.lists(characters, min_size=1, max_size=4, unique=True))
    parts = [draw(st.integers(1, 100)) for _ in names]
    return {name: part / sum(parts) for name, part in zip(names, parts, strict=True)}


votes = st.lists(
    st.builds(Vote, st.lists(columns(), min_size=1, max_size=7).map(tuple), st.floats(0.05, 1)), min_size=1, max_size=5
)


def text_of(*looks: str, weights: tuple[float, ...] = ()) -> str:
    given_weights = weights or (1.0,) * len(looks)
    lattice = fuse([Vote(build_lattice(look, 0.9), w) for look, w in zip(looks, given_weights, strict=True)])
    return best_texts(lattice, 1)[0].text


@settings(max_examples=50, deadline=None)
@given(votes, st.randoms(use_true_random=False))
def test_the_order_of_looks_does_not_matter(looks: list[Vote], random: object) -> None:
    shuffled = list(looks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fuse(shuffled) == fuse(looks)


@settings(max_examples=50, deadline=None)
@given(votes)
def test_each_position_is_a_distribution_but_for_what_was_cut_off(looks: list[Vote]) -> None:
    for column in fuse(looks):
        assert all(FLOOR <= p <= 1 for p in column.values())
        assert 1 - len(ALPHABET) * FLOOR < sum(column.values()) <= 1 + 1e-9


@settings(max_examples=50, deadline=None)
@given(votes, st.integers(1, 10))
def test_texts_come_best_first_once_each_and_sum_to_no_more_than_one(looks: list[Vote], count: int) -> None:
    texts = best_texts(fuse(looks), count)
    assert len(texts) <= count
    assert len({candidate.text for candidate in texts}) == len(texts)
    confidences = [candidate.confidence for candidate in texts]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) <= 1 + 1e-9
    assert all(candidate.text for candidate in texts)


@settings(max_examples=40, deadline=None)
@given(st.text(ALPHABET, min_size=1, max_size=8), st.floats(0.6, 0.99), st.floats(0.05, 1))
def test_unanimous_looks_only_grow_surer(text: str, confidence: float, weight: float) -> None:
    sure = 0.0
    for count in range(1, 7):
        best = best_texts(fuse([Vote(build_lattice(text, confidence), weight)] * count), 1)[0]
        assert best.text == text
        assert best.confidence >= sure - 1e-9
        sure = best.confidence


def test_one_look_alone_stays_as_it_was() -> None:
    lattice = build_lattice("ABC123", 0.8)
    (fused,) = [fuse([Vote(lattice, 0.3)])]
    for column, was in zip(fused, lattice, strict=True):
        assert column == pytest.approx(was, abs=1e-5)


def test_unsure_looks_that_agree_make_surer_and_do_not_make_sure() -> None:
    unsure = ({"A": 0.5},)
    (two,), (twelve,) = (fuse([Vote(unsure, 1.0)] * count) for count in (2, 12))
    assert 0.5 < two["A"] < 0.9
    assert two["A"] < twelve["A"] < 1


def test_looks_that_all_disagree_still_name_something() -> None:
    (column,) = fuse([Vote(({character: 0.6},), 1.0) for character in "ABCDEF"])
    assert set(column) == set("ABCDEF")
    assert sum(column.values()) < 1


def test_half_the_looks_outweigh_others_that_agree_on_nothing() -> None:
    wrong = [Vote(({character: 0.6},), 1.0) for character in "BCDEFG"]
    (column,) = fuse([Vote(({"A": 0.6},), 1.0)] * 6 + wrong)
    assert column["A"] > 0.95


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param(("ABC123", "ABC123", "ABC13"), "ABC123", id="one-lost-a-character"),
        pytest.param(("ABC123", "ABC123", "ABC1123"), "ABC123", id="one-doubled-a-character"),
        pytest.param(("ABC13", "ABC123", "ABC123"), "ABC123", id="the-first-lost-a-character"),
        pytest.param(("ABC1123", "ABC123", "ABC123"), "ABC123", id="the-first-doubled-a-character"),
        pytest.param(("BC123", "ABC123", "ABC123"), "ABC123", id="the-first-character-was-lost"),
        pytest.param(("ABC12", "ABC123", "ABC123"), "ABC123", id="the-last-character-was-lost"),
        pytest.param(("A8C123", "ABC123", "ABC123"), "ABC123", id="one-misread-a-character"),
        pytest.param(("A8C123", "ABC128", "ABC123"), "ABC123", id="each-misread-another-character"),
    ],
)
def test_the_majority_decides_position_by_position(looks: tuple[str, ...], expected: str) -> None:
    assert text_of(*looks) == expected
    assert text_of(*looks[::-1]) == expected


def test_one_good_look_outweighs_two_poor_ones() -> None:
    assert text_of("ABC123", "A8C123", "A8C123", weights=(1.0, 0.2, 0.2)) == "ABC123"


def test_a_reader_that_doubts_whether_a_character_is_there_is_overruled() -> None:
    doubtful = ({"A": 1.0}, {NONE: 0.6, "1": 0.4}, {"B": 1.0})
    assert best_texts(fuse([Vote(doubtful, 1.0), *[Vote(build_lattice("A1B", 0.9), 1.0)] * 2]), 1)[0].text == "A1B"
    assert best_texts(fuse([Vote(doubtful, 1.0), *[Vote(build_lattice("AB", 0.9), 1.0)] * 2]), 1)[0].text == "AB"


def test_different_paths_to_one_text_add_up() -> None:
    lattice = ({"A": 0.5, NONE: 0.5}, {"A": 0.5, NONE: 0.5})
    assert {one.text: one.confidence for one in best_texts(lattice, 5)} == {"A": 0.5, "AA": 0.25}


@settings(max_examples=60, deadline=None)
@given(st.lists(columns(), max_size=7), st.lists(columns(), max_size=7))
def test_an_alignment_names_each_position_once_and_in_order(
    left: list[Mapping[str, float]], right: list[Mapping[str, float]]
) -> None:
    pairs = align(left, right)
    assert [i for i, _ in pairs if i is not None] == list(range(len(left)))
    assert [j for _, j in pairs if j is not None] == list(range(len(right)))


@pytest.mark.parametrize(
    ("left", "right", "pairs"),
    [
        pytest.param("ABC", "ABC", [(0, 0), (1, 1), (2, 2)], id="same"),
        pytest.param("AC", "ABC", [(0, 0), (None, 1), (1, 2)], id="inserted"),
        pytest.param("ABC", "AC", [(0, 0), (1, None), (2, 1)], id="missing"),
        pytest.param("ABC", "AXC", [(0, 0), (1, 1), (2, 2)], id="misread-is-no-gap"),
        pytest.param("", "AB", [(None, 0), (None, 1)], id="nothing-on-the-left"),
    ],
)
def test_characters_are_paired_with_their_likes(
    left: str, right: str, pairs: list[tuple[int | None, int | None]]
) -> None:
    assert align([{c: 1.0} for c in left], [{c: 1.0} for c in right]) == pairs
