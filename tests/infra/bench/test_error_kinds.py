"""How reads err, measured and simulated."""

from __future__ import annotations

import numpy as np
import pytest

from infra.bench.donors import Columns
from infra.bench.error_kinds import ErrorKind, ErrorKinds, error_rows, kind_of
from infra.bench.simulated_reads import CAMERAS, DIGITS, LETTERS, LOOKS, SimulatedVehicle
from infra.bench.simulated_world import build_world
from recognizers.plate import Lattice
from tests.measured_plates import donors_of


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        pytest.param("ABC123", ErrorKind.NONE, id="same"),
        pytest.param("A8C123", ErrorKind.WRONG, id="one-wrong"),
        pytest.param("BC123", ErrorKind.LOST, id="the-first-lost"),
        pytest.param("ABCC123", ErrorKind.ADDED, id="one-doubled"),
        pytest.param("A8C12", ErrorKind.WORSE, id="one-wrong-one-lost"),
        pytest.param("", ErrorKind.WORSE, id="nothing-read"),
    ],
)
def test_a_read_is_off_by_a_character_or_by_more(read: str, kind: ErrorKind) -> None:
    assert kind_of(read, "ABC123") is kind


def lattice_of(text: str) -> Lattice:
    return tuple({character: 1.0} for character in text)


def vehicle(*right: bool) -> SimulatedVehicle:
    """All looks of a pass right or wrong; where wrong, the right text is named."""
    wrong: Lattice = (*lattice_of("A"), {"8": 0.6, "B": 0.4})
    return SimulatedVehicle("AB", tuple(((lattice_of("AB") if one else wrong),) * LOOKS for one in right), 0)


def test_looks_are_counted_by_how_they_err_and_whether_they_name_the_right_text() -> None:
    kinds = ErrorKinds()
    kinds.add(vehicle(True, True, False))
    assert dict(kinds.shares()) == {
        "read right": pytest.approx(200 / 3),
        "one character wrong": pytest.approx(100 / 3),
        "one character lost": 0.0,
        "one character too many": 0.0,
        "more than one character off": 0.0,
        "right text among those named": 100.0,
    }


def test_looks_of_one_pass_that_err_together_correlate() -> None:
    kinds = ErrorKinds()
    for number in range(8):
        kinds.add(vehicle(*(bool(number >> camera & 1) for camera in range(CAMERAS))))
    assert kinds.correlations() == pytest.approx((1.0, 0.0))


def test_measured_and_simulated_looks_stand_side_by_side() -> None:
    sure: dict[str, Columns] = {character: ({character: 1.0},) for character in LETTERS + DIGITS}
    blind: Columns = ()
    ways = {c: [((look,) * LOOKS,) * CAMERAS for look in (column, blind)] for c, column in sure.items()}
    world = build_world(donors_of(ways), np.random.default_rng(1), listed=10)
    rows = {row.name: row.value for row in error_rows(world, 300, np.random.default_rng(2))}
    for kind in ErrorKind:
        assert rows[f"simulated looks, {kind}"] == pytest.approx(rows[f"measured looks, {kind}"], abs=6)
    assert rows["measured looks, more than one character off"] > 50
