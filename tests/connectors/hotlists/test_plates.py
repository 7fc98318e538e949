"""How plates are spelt: one way, whatever the list writes, and never another plate than was meant."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.plates import MIN_KNOWN, parse_plate
from connectors.hotlists.template import PartialPlates

OURS = PartialPlates()
OTHER = PartialPlates(one="_", any_number="%")
WHOLE = st.text(st.sampled_from("ABCXYZ0189"), min_size=2, max_size=10)


@pytest.mark.parametrize(
    ("text", "partial", "plate"),
    [
        pytest.param("ab?12*", OURS, "AB?12*", id="signs-of-our-own"),
        pytest.param("ab_12%", OTHER, "AB?12*", id="signs-of-another"),
        pytest.param("A-B ? 1.2", OURS, "AB?12", id="separators-between"),
        pytest.param("**ABC***1", OURS, "*ABC*1", id="stars-in-a-row-are-one"),
        pytest.param("ab?12", OTHER, "AB?12", id="the-usual-signs-besides-one-s-own"),
        pytest.param("AB_12", OURS, "AB12", id="a-sign-that-is-none-here"),
    ],
)
def test_partial_plates_are_written_with_two_signs(text: str, partial: PartialPlates, plate: str) -> None:
    assert parse_plate(text, partial) == plate


@given(WHOLE, st.lists(st.sampled_from(" -.'\"·"), max_size=12), st.randoms())
def test_separators_and_case_change_nothing(plate: str, separators: list[str], chance: Random) -> None:
    written = list(plate.lower())
    for separator in separators:
        written.insert(chance.randint(0, len(written)), separator)
    assert parse_plate("".join(written), None) == plate


@given(st.text(max_size=20))
def test_whatever_is_taken_is_a_plate_and_taken_again_is_the_same(text: str) -> None:
    try:
        plate = parse_plate(text, OURS)
    except ValueError:
        return
    assert set(plate) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?*")
    assert sum(character.isalnum() for character in plate) >= (2 if plate.isalnum() else MIN_KNOWN)
    assert parse_plate(plate, OURS) == plate


@pytest.mark.parametrize("text", ["AB\u0421123", "٣٤٥ABC", "京A12345", "ØAB12"])  # noqa: RUF001 - that is the point
def test_letters_and_digits_of_other_scripts_are_refused_and_never_dropped(text: str) -> None:
    with pytest.raises(ValueError, match="is no Latin letter or digit"):
        parse_plate(text, None)
