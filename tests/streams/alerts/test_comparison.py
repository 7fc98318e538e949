from __future__ import annotations

import msgspec
import pytest

from streams.alerts.comparison import check_agreement, check_difference, is_wanted_plate, other_plates
from streams.alerts.growth import grow
from streams.alerts.transitions import AlertRefusedError
from streams.records import AlertState, Comparison
from tests.alert_builders import build_in, build_sighting, grown_hit
from tests.builders import build_entry


def comparison(plate_read: str = "ABC123", *, state: bool = True, vehicle: bool = True) -> Comparison:
    return Comparison(plate_read=plate_read, state_agrees=state, vehicle_agrees=vehicle)


@pytest.mark.policy("KY-IV.H.1")
@pytest.mark.parametrize(
    ("typed", "wanted", "agrees"),
    [
        pytest.param("ABC123", "ABC123", True, id="same"),
        pytest.param("abc-123", "ABC123", True, id="case-and-separators"),
        pytest.param("ABC 123", "ABC123", True, id="blank"),
        pytest.param("MÜAB12", "MUAB12", True, id="accent"),
        pytest.param("A8C123", "ABC123", False, id="look-alike-is-another-plate"),
        pytest.param("ABC12", "ABC123", False, id="shorter"),
        pytest.param("ABC1234", "ABC123", False, id="longer"),
        pytest.param("ABC123", "A?C1*", True, id="fits-the-pattern"),
        pytest.param("AC123", "A?C1*", False, id="misses-a-character-of-the-pattern"),
        pytest.param("XBC123", "A?C1*", False, id="does-not-fit-the-pattern"),
        pytest.param("A?C123", "A?C1*", False, id="unreadable-is-no-agreement"),
        pytest.param("", "*", False, id="nothing"),
    ],
)
def test_what_was_typed_is_compared_as_it_was_typed(typed: str, wanted: str, agrees: bool) -> None:
    assert is_wanted_plate(typed, build_entry(plate=wanted)) is agrees


@pytest.mark.policy("KY-IV.H.1")
@pytest.mark.parametrize(
    ("seen", "said"),
    [
        pytest.param(comparison("A8C123"), "this is not what is wanted: plate; reject the alert$", id="plate"),
        pytest.param(comparison(state=False), "wanted: state; reject", id="state"),
        pytest.param(comparison(vehicle=False), "wanted: vehicle; reject", id="vehicle"),
        pytest.param(comparison("A8C123", state=False), "wanted: plate, state; reject", id="two"),
        pytest.param(comparison("AB?123"), "type each that you see, or reject", id="unreadable"),
        pytest.param(comparison(" - "), "the plate that you read is missing", id="nothing-typed"),
    ],
)
def test_only_what_agrees_in_all_is_verified(seen: Comparison, said: str) -> None:
    with pytest.raises(AlertRefusedError, match=said):
        check_agreement(seen, build_entry())
    check_agreement(comparison(), build_entry())


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(comparison("A8C123"), id="plate"),
        pytest.param(comparison("???123"), id="unreadable"),
        pytest.param(comparison(state=False), id="state"),
        pytest.param(comparison(vehicle=False), id="vehicle"),
    ],
)
def test_what_differs_in_something_can_be_rejected(seen: Comparison) -> None:
    check_difference(seen, build_entry())


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        pytest.param(comparison(), "agree, by what you saw; verify the alert", id="all-agrees"),
        pytest.param(comparison(""), "the plate that you read is missing", id="nothing-typed"),
    ],
)
def test_what_agrees_is_not_rejected(seen: Comparison, said: str) -> None:
    with pytest.raises(AlertRefusedError, match=said):
        check_difference(seen, build_entry())


def test_a_verified_alert_stays_so_and_tells_of_sightings_that_were_read_otherwise() -> None:
    alert = build_in(AlertState.VERIFIED)
    sightings = (build_sighting("ABC123", 0), build_sighting("A8C123", 60))
    grown = grow(alert, grown_hit(alert, sightings=sightings))
    assert grown is not None
    assert grown.is_verified
    assert [sighting.plate for sighting in other_plates(grown)] == ["A8C123"]
    assert other_plates(alert) == ()


@pytest.mark.parametrize("state", [AlertState.RECEIVED, AlertState.REJECTED])
def test_of_an_alert_that_nobody_verified_there_is_no_plate_that_others_could_differ_from(state: AlertState) -> None:
    alert = build_in(state)
    hit = msgspec.structs.replace(alert.hit, sightings=(build_sighting("A8C123"),))
    assert other_plates(msgspec.structs.replace(alert, hit=hit)) == ()
