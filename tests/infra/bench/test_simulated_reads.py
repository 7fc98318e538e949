"""Reads put together from measured ones."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.simulated_reads import CAMERAS, LOOKS, Columns, Donor, Donors, known_characters, ranked, simulate
from recognizers.plate import Candidate


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
    rank = {"A": [donor(({"A": 1.0},))], "B": [donor(())], "C": [donor(({"C": 1.0}, {"C": 0.6, "": 0.4}))]}
    vehicle = simulate("ABC", Donors((rank,), 0.0), np.random.default_rng(1))
    assert vehicle.looks == (((({"A": 1.0}), {"C": 1.0}, {"C": 0.6, "": 0.4}),) * LOOKS,) * CAMERAS


def test_a_character_is_known_if_every_rank_has_it() -> None:
    a, b = donor(({"A": 1.0},)), donor(({"B": 1.0},))
    assert known_characters(Donors(({"A": [a], "B": [b]}, {"A": [a]}), 0.5)) == {"A"}
