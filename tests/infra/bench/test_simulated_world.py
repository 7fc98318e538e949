"""The simulated region: a list of its plates, and what the join makes of reads there."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.simulated_reads import CAMERAS, DIGITS, LETTERS, LOOKS, Columns, Donors
from infra.bench.simulated_world import LISTED_SHARE, REGISTERED, World, build_world, read


@pytest.fixture
def world() -> World:
    """A hundred listed plates, and a reader that never errs."""
    columns: dict[str, Columns] = {character: ({character: 1.0},) for character in LETTERS + DIGITS}
    rank = {character: [((column,) * LOOKS,) * CAMERAS] for character, column in columns.items()}
    return build_world(Donors((rank,), 1.0), np.random.default_rng(1), listed=100)


def test_the_list_has_so_many_different_plates_of_the_pattern(world: World) -> None:
    assert len(world.listed.plates) == 100
    assert all(plate[:3].isalpha() and plate[3:].isdigit() and len(plate) == 7 for plate in world.listed.plates)


def test_listed_vehicles_pass_as_often_as_is_said(world: World) -> None:
    listed, others = 100 * world.region.listed_frequency, REGISTERED - 100
    assert listed / (listed + others) == pytest.approx(LISTED_SHARE)


def test_a_plate_on_no_list_is_of_the_pattern_and_unlisted(world: World) -> None:
    rng = np.random.default_rng(2)
    assert not {world.unlisted_plate(rng) for _ in range(50)} & world.listed.plates


def test_a_sure_read_of_a_listed_plate_is_of_that_plate(world: World) -> None:
    plate = min(world.listed.plates)
    seen = read(tuple({character: 1.0} for character in plate), world)
    assert seen.candidates[0].plate == plate
    assert seen.posteriors == {plate: pytest.approx(1.0)}


def test_a_read_that_may_be_of_a_listed_plate_weighs_both(world: World) -> None:
    plate = min(world.listed.plates)
    last, other = plate[-1], "7" if plate[-1] != "7" else "4"
    lattice = (*({character: 1.0} for character in plate[:-1]), {last: 0.5, other: 0.5})
    seen = read(lattice, world)
    assert 0 < seen.posteriors[plate] < 1
    assert seen.others[plate[:-1] + other] == pytest.approx(1 - seen.posteriors[plate])
