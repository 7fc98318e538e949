"""What the join takes a read for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.posterior import Region, passing_mass, posterior
from streams.records import PlateCandidate, StateCandidate
from streams.text_belief import belief_of, sharpened, sharpening
from tests.builders import build_detection

SHARES = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=10)


def candidates_of(shares: list[float], named: float) -> list[PlateCandidate]:
    ordered = sorted(shares, reverse=True)
    return [PlateCandidate(f"P{place}", named * p / sum(ordered)) for place, p in enumerate(ordered)]


@given(SHARES, st.floats(0.1, 1.0), st.integers(1, 30))
def test_texts_of_one_format_keep_their_order_and_their_sum(shares: list[float], named: float, looks: int) -> None:
    before = candidates_of(shares, named)
    after = [one.confidence for one in sharpened(before, looks)]
    assert [one.plate for one in sharpened(before, looks)] == [one.plate for one in before]
    assert after == sorted(after, reverse=True)
    assert sum(after) == pytest.approx(named)
    assert after[0] >= before[0].confidence - 1e-9


def test_between_a_letter_and_a_digit_the_readers_word_holds() -> None:
    read = [PlateCandidate("ABC123", 0.5), PlateCandidate("A8C123", 0.3), PlateCandidate("ABC128", 0.1)]
    after = {one.plate: one.confidence for one in sharpened(read, 1)}
    assert after["A8C123"] == pytest.approx(0.3)
    assert after["ABC123"] > 0.55
    assert after["ABC123"] + after["ABC128"] == pytest.approx(0.6)


def test_the_more_looks_the_less_is_raised() -> None:
    powers = [sharpening(looks) for looks in (1, 2, 3, 6, 12)]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] == pytest.approx(2.4)
    assert powers[-1] == pytest.approx(1.0, abs=0.01)


def test_a_camera_that_names_one_text_is_taken_at_its_word() -> None:
    (only,) = sharpened([PlateCandidate("ABC123", 0.7)], 1)
    assert only.confidence == pytest.approx(0.7)
    assert sharpened([], 1) == ()


def test_a_read_of_a_format_that_the_issuer_does_not_have_may_be_a_slip() -> None:
    """Brazil's plates are three letters and four digits, or three letters, a digit, a letter and two digits."""
    short = build_detection("BC1234", state_candidates=(StateCandidate("BR", 0.98),))
    belief = belief_of(short)
    assert 0 < belief.probability("ABC1234") < 0.1
    assert belief.probability("BC1234") == pytest.approx(0.95 / 2, rel=0.01)
    whole = build_detection("ABC1234", state_candidates=(StateCandidate("BR", 0.98),))
    assert belief_of(whole).slips == {}


READ = ("ABC123", "ABD123", "A8C123", "BC123")


@given(
    st.lists(st.floats(0.0, 1.0), min_size=len(READ), max_size=len(READ)),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.integers(1, 12),
)
def test_a_read_that_says_more_for_the_wanted_plate_never_makes_it_less_probable(
    shares: list[float], named: float, moved: float, looks: int
) -> None:
    """What is moved is taken from one other text, or from what nobody named."""
    whole = sum(shares) or 1.0
    before = [named * share / whole for share in shares]
    for giver in (*range(1, len(READ)), None):
        given_up = moved * (before[giver] if giver is not None else 1.0 - sum(before))
        after = [p - given_up * (place == giver) for place, p in enumerate(before)]
        after[0] += max(0.0, given_up)
        assert wanted_after(after, looks) >= wanted_after(before, looks) - 1e-9


def wanted_after(shares: list[float], looks: int) -> float:
    """P of the first text, which alone is listed."""
    read = sorted(
        (PlateCandidate(text, min(1.0, max(0.0, p))) for text, p in zip(READ, shares, strict=True)),
        key=lambda one: -one.confidence,
    )
    detection = build_detection(read[0].plate, candidates=tuple(read), lattice=(), looks=looks)
    belief = belief_of(detection).keeping({READ[0]})
    likelihood = belief.probability(READ[0])
    region = Region(registered_share=0.25, listed_frequency=0.5, state_shares={}, other_state_share=0.3)
    return posterior(likelihood, passing_mass({READ[0]: likelihood}, belief, region), region)
