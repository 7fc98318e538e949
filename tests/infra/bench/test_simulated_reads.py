"""Reads put together from measured ones."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.donors import Columns, Donor, Donors
from infra.bench.simulated_reads import CAMERAS, LOOKS, measured_vehicles, ranked, simulate, split
from recognizers.plate import Candidate, Lattice
from tests.measured_plates import donors_of


def donor(*columns: Columns) -> Donor:
    return ((columns[0],) * LOOKS,) * CAMERAS


def test_a_grammar_prefers_usual_formats_and_keeps_what_is_left_to_others() -> None:
    texts = [Candidate("0BC", 0.5), Candidate("OBC", 0.3), Candidate("DBC", 0.1)]
    settled = ranked(texts, str.isalpha)
    assert [one.plate for one in settled] == ["OBC", "DBC", "0BC"]
    assert sum(one.confidence for one in settled) == pytest.approx(0.9)
    assert settled[0].confidence == pytest.approx(3 * settled[1].confidence)


def test_what_nothing_was_read_of_has_no_texts() -> None:
    assert ranked([], str.isalpha) == ()


def test_a_vehicle_is_read_as_its_characters_were_which_may_be_lost_or_doubled() -> None:
    ways = {"A": [donor(({"A": 1.0},))], "B": [donor(())], "C": [donor(({"C": 1.0}, {"C": 0.6, "": 0.4}))]}
    vehicle = simulate("ABC", donors_of(ways), np.random.default_rng(1))
    assert vehicle.looks == (((({"A": 1.0}), {"C": 1.0}, {"C": 0.6, "": 0.4}),) * LOOKS,) * CAMERAS


def test_a_measured_plate_is_taken_apart_and_put_together_again() -> None:
    whole: Lattice = ({"A": 0.9}, {"8": 0.6, "B": 0.4}, {"": 0.8, "1": 0.2}, {"C": 1.0})
    lost: Lattice = ({"C": 0.7},)
    looks = [[whole, lost, ()], [whole] * LOOKS, [lost] * LOOKS]
    donors = Donors([split("ABC", looks), split("AB", looks)], 0.5)
    (vehicle,) = measured_vehicles(donors, 3)
    assert vehicle.plate == "ABC"
    assert vehicle.looks == tuple(tuple(camera) for camera in looks)
