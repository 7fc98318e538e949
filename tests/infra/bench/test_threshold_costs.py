"""Vehicles pass a reader that errs in known ways: what is found, what is taken for another, by state and category."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pytest

from infra.bench.donors import Columns, Donor, Donors
from infra.bench.errors import BenchError
from infra.bench.listed_traffic import ListedTraffic, Wanted
from infra.bench.simulated_reads import CAMERAS, DIGITS, LETTERS, LOOKS
from infra.bench.threshold_costs import SimulatedCosts, ThresholdSimulation
from infra.settings.pipeline import MatchingSettings, RegionSettings
from streams.records import Category
from tests.measured_plates import donors_of

STOLEN, WARRANT = Category.STOLEN_VEHICLE, Category.WARRANT
ANOTHER = dict(zip(LETTERS + DIGITS, LETTERS[1:] + LETTERS[0] + DIGITS[1:] + DIGITS[0], strict=True))
"""Of each character, the one that the reader takes it for; no two of these fold together by that."""


def donor_of(*looks: Mapping[str, float]) -> Donor:
    """The same at each camera."""
    columns: tuple[Columns, ...] = tuple((dict(look),) for look in looks)
    return (columns,) * CAMERAS


def sure(character: str) -> Donor:
    return donor_of(*[{character: 1.0}] * LOOKS)


def torn(character: str) -> Donor:
    """Every look takes it for another, and leaves it a fifth."""
    return donor_of(*[{ANOTHER[character]: 0.8, character: 0.2}] * LOOKS)


def undecided(character: str) -> Donor:
    """Every look leaves it even."""
    return donor_of(*[{character: 0.5, ANOTHER[character]: 0.5}] * LOOKS)


def at_first_torn(character: str) -> Donor:
    return donor_of({ANOTHER[character]: 0.8, character: 0.2}, *[{character: 1.0}] * (LOOKS - 1))


def donors(*kinds: Callable[[str], Donor], characters: str = LETTERS + DIGITS) -> Donors:
    return donors_of({character: [kind(character) for kind in kinds] for character in characters})


PERFECT = donors(sure)
ERRING = donors(sure, sure, sure, sure, sure, sure, sure, torn)


def listed(
    count: int, category: Category = STOLEN, states: Iterable[str | None] = (None,), seed: int = 1
) -> set[Wanted]:
    """Plates of the format AA99, of which there are 52,900."""
    rng = np.random.default_rng(seed)
    turns = itertools.cycle(states)
    found: dict[str, Wanted] = {}
    while len(found) < count:
        plate = "".join(rng.choice(list(some)) for some in (LETTERS, LETTERS, DIGITS, DIGITS))
        if plate not in found:
            found[plate] = Wanted(plate, next(turns), category)
    return set(found.values())


def simulated(
    wanted: Iterable[Wanted],
    measured: Donors = ERRING,
    *,
    passing: int = 600,
    each: int = 60,
    settings: MatchingSettings | None = None,
    min_pass_confidence: float = 0.0,
) -> SimulatedCosts:
    simulation = ThresholdSimulation(
        ListedTraffic(wanted),
        measured,
        settings=settings or MatchingSettings(),
        min_pass_confidence=min_pass_confidence,
        rng=np.random.default_rng(7),
    )
    return simulation.run(passing, each, lambda _: None)


def test_a_reader_that_never_errs_finds_every_wanted_vehicle_and_takes_none_for_another() -> None:
    costs = simulated(listed(500), PERFECT)
    cost = costs.scores[STOLEN].cost_at(0.99, costs.reads)
    assert (cost.found_one_look, cost.found_pass) == (1.0, 1.0)
    assert cost.false_per_read == 0
    assert cost.interval[1] > 0
    assert costs.reads == 600


def test_a_pass_finds_what_its_first_look_missed() -> None:
    costs = simulated(listed(300), donors(at_first_torn), passing=10)
    cost = costs.scores[STOLEN].cost_at(0.5, costs.reads)
    assert cost.found_one_look == 0
    assert cost.found_pass is not None
    assert cost.found_pass > 0.9


def test_expected_false_alerts_are_as_many_as_a_dense_list_really_gives() -> None:
    costs = simulated(listed(6000), passing=6000, each=1)
    scores = costs.scores[STOLEN]
    for threshold in (0.1, 0.5):
        seen = sum(p >= threshold for p in scores.false_listed)
        expected = scores.cost_at(threshold, costs.reads).false_per_read * costs.reads
        assert expected > 30
        assert abs(seen - expected) < 4 * math.sqrt(expected)


def test_every_text_counts_that_a_read_may_be_of_and_not_only_the_ten_likeliest() -> None:
    costs = simulated(listed(20), donors(undecided), passing=200, each=1)
    # Four characters, two ways each: fifteen other texts with a sixteenth each.
    expected = costs.scores[STOLEN].cost_at(0.1, costs.reads).false_per_read
    assert expected == pytest.approx(15 * 20 / 52_900)


def test_a_list_twice_as_long_gives_twice_the_false_alerts() -> None:
    short, long = (simulated(listed(count), passing=1500, each=1) for count in (20, 40))
    once, twice = (costs.scores[STOLEN].cost_at(0.3, costs.reads).false_per_read for costs in (short, long))
    assert once > 0
    assert twice == pytest.approx(2 * once, rel=0.25)


def test_false_alerts_are_shared_by_the_categories_as_their_entries_are() -> None:
    costs = simulated(listed(30) | listed(90, WARRANT, seed=2), passing=1500, each=1)
    stolen, warrant = (costs.scores[one].cost_at(0.3, costs.reads).false_per_read for one in (STOLEN, WARRANT))
    assert warrant == pytest.approx(3 * stolen, rel=0.01)


@pytest.mark.parametrize(
    ("states", "counted"),
    [
        pytest.param([None], False, id="any-state-wants-this-vehicle-too"),
        pytest.param(["US-KY"], False, id="its-own-state"),
        pytest.param(["US-OH"], True, id="another-state"),
    ],
)
def test_a_vehicle_with_a_listed_text_of_another_state_is_a_false_alert(
    states: list[str | None], *, counted: bool
) -> None:
    region = RegionSettings(state_shares={"US-KY": 1.0}, other_state_share=0.3)
    costs = simulated(listed(100, states=states), PERFECT, settings=MatchingSettings(region=region))
    cost = costs.scores[STOLEN].cost_at(0.1, costs.reads)
    assert (cost.false_per_read > 0) is counted


def test_an_entry_of_a_rare_state_is_found_only_where_the_state_is_told() -> None:
    region = RegionSettings(state_shares={"US-KY": 0.9}, other_state_share=0.01)
    costs = simulated(listed(100, states=["US-OH"]), PERFECT, each=400, settings=MatchingSettings(region=region))
    found = costs.scores[STOLEN].cost_at(0.1, costs.reads).found_pass
    assert found == pytest.approx(0.59, abs=0.1)


def test_wanted_vehicles_pass_as_their_states_do_and_not_as_the_lists_have_them() -> None:
    region = RegionSettings(state_shares={"US-KY": 0.98}, other_state_share=0.02)
    mostly_foreign = listed(90, states=["US-OH"]) | listed(10, states=["US-KY"], seed=2)
    costs = simulated(mostly_foreign, PERFECT, each=300, settings=MatchingSettings(region=region))
    found = costs.scores[STOLEN].cost_at(0.5, costs.reads).found_pass
    assert found is not None
    assert found > 0.9


def test_plates_with_characters_that_no_read_can_have_are_counted() -> None:
    costs = simulated({*listed(20), Wanted("QQ11", None, WARRANT)}, passing=10)
    assert costs.not_simulated == 1
    assert costs.scores[WARRANT].cost_at(0.5, costs.reads).found_pass is None


def test_what_is_too_unsure_to_be_told_is_no_read() -> None:
    told = simulated(listed(50), passing=400, each=1, min_pass_confidence=0.9).reads
    assert 0 < told < 400
    with pytest.raises(BenchError, match="no simulated pass was read surely enough"):
        simulated(listed(50), donors(torn), passing=20, each=1, min_pass_confidence=0.99)


def test_nothing_can_be_simulated_without_letters() -> None:
    with pytest.raises(BenchError, match="too few plates were read"):
        simulated(listed(5), donors(sure, characters=DIGITS))


def test_the_same_lists_give_the_same_figures() -> None:
    some = listed(50, states=["US-KY", None]) | listed(20, WARRANT, seed=3)
    assert simulated(some, passing=200) == simulated(some, passing=200)
