"""The simulated region: a list of its plates, and what the join makes of reads there."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.donors import Columns, Donors
from infra.bench.simulated_reads import CAMERAS, DIGITS, LETTERS, LOOKS
from infra.bench.simulated_world import (
    LISTED_SHARE,
    MIXED,
    REGISTERED,
    Evidence,
    World,
    build_world,
    each_listed,
    listed_by_chance,
    look_up,
)
from recognizers.fold import fold
from recognizers.plate import Lattice
from tests.measured_plates import donors_of


def a_sure_reader() -> Donors:
    """A reader that never errs."""
    columns: dict[str, Columns] = {character: ({character: 1.0},) for character in LETTERS + DIGITS}
    return donors_of({character: [((column,) * LOOKS,) * CAMERAS] for character, column in columns.items()})


@pytest.fixture
def world() -> World:
    """A hundred listed plates, and a reader that never errs."""
    return build_world(a_sure_reader(), np.random.default_rng(1), listed=100)


@pytest.fixture
def mixed() -> World:
    """Of plates that have letters and digits anywhere."""
    return build_world(a_sure_reader(), np.random.default_rng(1), pattern=MIXED, listed=100)


def lattice_of(text: str) -> Lattice:
    """A sure read."""
    return tuple({character: 1.0} for character in text)


def torn_between(plate: str, other: str) -> Lattice:
    """A read whose last character is either one's."""
    return (*lattice_of(plate[:-1]), {plate[-1]: 0.5, other[-1]: 0.5})


def test_the_list_has_so_many_different_plates_of_the_pattern(world: World) -> None:
    assert len(world.listed.plates) == 100
    assert all(plate[:3].isalpha() and plate[3:].isdigit() and len(plate) == 7 for plate in world.listed.plates)


def test_listed_vehicles_pass_as_often_as_is_said(world: World) -> None:
    listed, others = 100 * world.region.listed_frequency, REGISTERED - 100
    assert listed / (listed + others) == pytest.approx(LISTED_SHARE)


def test_a_plate_is_as_likely_to_be_listed_as_the_list_is_long(world: World) -> None:
    assert world.density == pytest.approx(100 / (len(LETTERS) ** 3 * 10**4))


def test_a_sure_read_of_a_listed_plate_is_of_that_plate(world: World) -> None:
    evidence = look_up(lattice_of("ABC1234"), world)
    assert evidence.text == "ABC1234"
    assert evidence.against({"ABC1234", "XYZ9999"}).posteriors == {"ABC1234": pytest.approx(1.0)}


def test_a_read_that_may_be_of_a_listed_plate_weighs_both(world: World) -> None:
    seen = look_up(torn_between("ABC1234", "ABC1237"), world).against({"ABC1234"})
    assert 0 < seen.posteriors["ABC1234"] < 1
    assert seen.others["ABC1237"] == pytest.approx(1 - seen.posteriors["ABC1234"])


def test_what_nothing_was_read_of_is_near_nothing(world: World) -> None:
    evidence = look_up((), world)
    assert (evidence.text, dict(evidence.near)) == ("", {})


def test_a_known_pattern_tells_look_alikes_apart_and_a_mixed_one_does_not(world: World, mixed: World) -> None:
    assert list(world.folding_to(fold("BBS8080"))) == ["BBS8080"]
    assert set(mixed.folding_to(fold("ACE8A0A"))) == {"ACE8A0A", "ACEBA0A", "ACE8ADA", "ACEBADA"}
    assert list(mixed.folding_to("ACE8A0")) == []


def test_a_grammar_knows_only_a_pattern_that_does_not_mix(world: World, mixed: World) -> None:
    assert [world.is_usual(text) for text in ("ABC1234", "A8C1234", "ABC123")] == [True, False, False]
    assert all(mixed.is_usual(text) for text in ("ABC1234", "A8C1234", "ABC123"))


@pytest.mark.parametrize("own", ["ABC1234", "ABC1237", "XYZ9999"])
def test_each_plate_near_a_read_is_listed_once_but_never_the_vehicles_own(world: World, own: str) -> None:
    reads = [look_up(torn_between("ABC1234", "ABC1237"), world)]
    listed = {entry: seen[0].posteriors for entry, seen in each_listed(reads, own, frozenset())}
    assert set(listed) == {"ABC1234", "ABC1237"} - {own}
    assert all(set(posteriors) == {entry} for entry, posteriors in listed.items())


def test_the_mean_over_lists_is_what_each_plate_listed_once_says(world: World) -> None:
    """Counted over lists drawn one by one, with a density high enough to see it soon."""
    evidence = Evidence(
        look_up(torn_between("ABC1234", "ABC1237"), world).belief, {"ABC1234": 0.5, "ABC1237": 0.5}, world.region
    )
    dense = build_world(world.donors, np.random.default_rng(1), pattern="D", listed=3)
    rng, lists = np.random.default_rng(2), 4000
    drawn = once = 0.0
    for _ in range(lists):
        by_chance = listed_by_chance([evidence], "none", dense, rng)
        drawn += sum(evidence.against(by_chance).posteriors.values())
        once += dense.density * sum(
            seen[0].posteriors[entry] for entry, seen in each_listed([evidence], "none", by_chance)
        )
    assert once / lists == pytest.approx(drawn / lists, rel=0.06)
