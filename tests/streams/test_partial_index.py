"""The index of partial plates against a matcher that compares each pattern with each text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from streams.partial_index import PartialIndex, fold_pattern, matches


def fits(pattern: str, text: str) -> bool:
    """The naive matcher, straight from what `?` and `*` mean."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return fits(pattern[1:], text) or (bool(text) and fits(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


# Few characters, so that random texts match random patterns.
patterns = st.text("AB?*", min_size=1, max_size=8)
texts = st.text("ABC", max_size=9)


@pytest.mark.parametrize(
    ("pattern", "text", "fit"),
    [
        pytest.param("AB?123", "ABC123", True, id="one-unknown"),
        pytest.param("AB?123", "AB123", False, id="one-unknown-is-never-none"),
        pytest.param("AB*", "AB", True, id="any-number-may-be-none"),
        pytest.param("*234", "ABC234", True, id="only-the-end-is-known"),
        pytest.param("A*4", "4A", False, id="both-ends-in-order"),
        pytest.param("AB*BA", "ABA", False, id="ends-do-not-overlap"),
        pytest.param("*B1*", "AB12", True, id="only-the-middle-is-known"),
        pytest.param("*B?2*", "AB12", True, id="an-unknown-one-in-the-middle"),
        pytest.param("*1*B*", "AB12", False, id="pieces-in-order"),
        pytest.param("*", "ANYTHING", True, id="nothing-is-known"),
        pytest.param("*B1*", "X" * 40 + "B1", True, id="longer-than-any-plate"),
    ],
)
def test_a_pattern_is_found_by_the_texts_that_it_may_be(pattern: str, text: str, fit: bool) -> None:
    assert matches(pattern, text) is fit
    assert PartialIndex([pattern]).find([text]).places == ((0,) if fit else ())


@given(st.lists(patterns, max_size=12), st.lists(texts, max_size=6))
def test_the_index_finds_what_the_naive_matcher_finds(wanted: list[str], looked_up: list[str]) -> None:
    folded = [fold(text) for text in looked_up]
    index = PartialIndex(map(fold_pattern, wanted))
    # The naive matcher sees the pattern as written, but for B, which folds to 8.
    expected = {place for place, one in enumerate(wanted) for text in folded if fits(one.replace("B", "8"), text)}
    assert index.find(folded).places == tuple(sorted(expected))


@given(patterns, texts)
def test_folding_a_pattern_changes_nothing_but_the_spelling(pattern: str, text: str) -> None:
    assert fits(fold_pattern(pattern), fold(text)) == fits(pattern, text)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        pytest.param("ab-c ?12*", "A8C?12*", id="separators-and-case"),
        pytest.param("O0Q?", "000?", id="confused-characters"),
        pytest.param("A*?**B", "A?*8", id="one-star-after-the-unknown-ones"),
    ],
)
def test_patterns_are_folded_like_plates(written: str, folded: str) -> None:
    assert fold_pattern(written) == folded


def test_only_patterns_with_two_stars_are_ever_compared_one_by_one() -> None:
    index = PartialIndex(["AB?123", "AB*", "*123", "A*3", "*8C*", "*ZZ*"])
    found = index.find(["A8C123", "AB"])
    assert found.places == (1, 2, 3, 4)
    assert found.checked == 1


def test_an_empty_index_finds_nothing() -> None:
    assert PartialIndex([]).find(["ABC123"]).places == ()
