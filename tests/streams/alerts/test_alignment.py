from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.alignment import align

plates = st.text("AB81?*", max_size=8)
reads = st.text("AB81", max_size=8)


def shown(wanted: str, read: str) -> tuple[str, str, str]:
    places = align(wanted, read)
    marks = "".join("^" if place.differs else "." for place in places)
    return "".join(place.wanted or " " for place in places), "".join(place.read or " " for place in places), marks


@pytest.mark.parametrize(
    ("wanted", "read", "expected"),
    [
        pytest.param("ABC123", "ABC123", ("ABC123", "ABC123", "......"), id="same"),
        pytest.param("ABC123", "A8C123", ("ABC123", "A8C123", ".^...."), id="one-differs"),
        pytest.param("ABC123", "ABC23", ("ABC123", "ABC 23", "...^.."), id="one-missing"),
        pytest.param("ABC123", "ABCC123", ("ABC 123", "ABCC123", "...^..."), id="one-too-many"),
        pytest.param("A?C123", "A8C123", ("A?C123", "A8C123", "......"), id="unknown-character"),
        pytest.param("A*3", "ABC123", ("A****3", "ABC123", "......"), id="any-number"),
        pytest.param("ABC123*", "ABC123", ("ABC123*", "ABC123 ", "......."), id="any-number-of-none"),
        pytest.param("A?C", "AC", ("A?C", "A C", ".^."), id="unknown-character-that-is-missing"),
        pytest.param("", "AB", ("  ", "AB", "^^"), id="nothing-wanted"),
        pytest.param("AB", "", ("AB", "  ", "^^"), id="nothing-read"),
    ],
)
def test_what_differs_stands_marked_under_what_is_wanted(
    wanted: str, read: str, expected: tuple[str, str, str]
) -> None:
    assert shown(wanted, read) == expected


@given(wanted=plates, read=reads)
def test_both_plates_are_shown_whole_and_in_their_order(wanted: str, read: str) -> None:
    places = align(wanted, read)
    assert "".join(place.read for place in places) == read
    assert "".join(place.wanted for place in places).replace("*", "") == wanted.replace("*", "")


@given(read=reads)
def test_a_plate_differs_in_nothing_from_itself(read: str) -> None:
    assert not any(place.differs for place in align(read, read))
