"""Simulated vehicles before string rules and ours."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.donors import Columns, Donors
from infra.bench.matching_simulation import (
    CORROBORATED,
    EXACT,
    FOLDED,
    JARO_WINKLER,
    LEVENSHTEIN,
    ONE_LOOK,
    PASS,
    Sizes,
    StringRules,
    of_all,
    of_first,
    simulate_looks,
    simulate_traffic,
)
from infra.bench.simulated_reads import CAMERAS, DIGITS, LETTERS, LOOKS
from infra.bench.simulated_world import MIXED, SimulatedRead, World, build_world
from tests.measured_plates import donors_of


def donors_that(confuse: str = "") -> Donors:
    """A reader that is sure of all characters but these, each of which it takes for any of them alike."""
    columns: dict[str, Columns] = {character: ({character: 1.0},) for character in LETTERS + DIGITS}
    columns |= {character: (dict.fromkeys(confuse, 1 / len(confuse)),) for character in confuse}
    return donors_of({character: [((column,) * LOOKS,) * CAMERAS] for character, column in columns.items()})


def world_of(donors: Donors, *, pattern: str = "LLLDDDD", listed: int = 200) -> World:
    return build_world(donors, np.random.default_rng(1), pattern=pattern, listed=listed)


def test_a_reader_that_never_errs_finds_every_wanted_vehicle_and_no_other() -> None:
    sizes = Sizes(looks=50, passes=20, compared=5)
    found = simulate_traffic(world_of(donors_that()), sizes, np.random.default_rng(2), lambda _: None)
    assert set(found.curves) == {ONE_LOOK, PASS, CORROBORATED}
    assert set(found.rules) == {EXACT, FOLDED, LEVENSHTEIN, JARO_WINKLER}
    for judged in found.curves.values():
        assert judged.recall_at(0.99) == 1.0
        assert len(judged.false) == 0
    assert found.rules[EXACT] == (0.0, 1.0)


def test_hits_of_a_reader_that_says_the_truth_are_right_as_often_as_promised() -> None:
    """What is simulated and how it is weighed back agrees with the formula, which is Bayes' rule."""
    world = world_of(donors_that("47"), listed=200_000)
    found = simulate_looks(world, 4000, np.random.default_rng(2))
    hits = found.hits[ONE_LOOK]
    unsure = hits.select(hits.probability < 0.99)
    promised = np.average(unsure.probability, weights=unsure.weight)
    assert 0.2 < promised < 0.8
    assert np.average(unsure.right, weights=unsure.weight) == pytest.approx(promised, abs=0.02)
    assert found.curves[ONE_LOOK].unlisted == pytest.approx(4000 / world.density)


def test_false_alerts_of_string_rules_are_means_over_all_lists() -> None:
    world = world_of(donors_that())
    rules = StringRules(world)
    rules.add("ABC1237", "ABC1234")
    rules.add("ABC1234", "ABC1234")
    measured = rules.measured()
    # One read of two is of another plate, which is listed as often as any.
    assert measured[EXACT] == pytest.approx((world.density / 2 * 1e6, 0.5))
    assert measured[FOLDED] == measured[EXACT]
    assert measured[LEVENSHTEIN][1] == 1.0


def test_where_letters_and_digits_mix_a_folded_string_brings_up_look_alikes_of_a_right_read() -> None:
    world = world_of(donors_that(), pattern=MIXED)
    rules = StringRules(world)
    rules.add("ACE8A0A", "ACE8A0A")
    assert rules.measured()[EXACT] == (0.0, 1.0)
    assert rules.measured()[FOLDED] == pytest.approx((3 * world.density * 1e6, 1.0))


WEAK = SimulatedRead({"ABC1234": 0.3}, {"ABC1237": 0.1})
NOTHING = SimulatedRead({}, {})


def test_one_camera_alone_says_what_its_read_says() -> None:
    assert of_first([WEAK, NOTHING, NOTHING], "ABC1234") == 0.3
    assert of_first([NOTHING, WEAK], "ABC1234") == 0.0


def test_cameras_that_read_the_same_bear_each_other_out() -> None:
    assert of_all([WEAK, NOTHING, NOTHING], "ABC1234") == pytest.approx(0.3)
    assert of_all([WEAK, WEAK, NOTHING], "ABC1234") > 0.7
    assert of_all([NOTHING] * 3, "ABC1234") == 0.0
