from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.choice_rules import SubscriptionRefusedError, check_choice
from streams.delivery.subscription import AlertChoice, Circle, Polygon, Schedule, Shift
from streams.records import GeoPoint

PLACE = GeoPoint(38.2, -85.7)


def polygon(*corners: tuple[float, float]) -> Polygon:
    """Of latitudes and longitudes."""
    return Polygon(tuple(GeoPoint(lat, lon) for lat, lon in corners))


def areas(*several: Circle | Polygon) -> dict[str, Any]:
    return {"areas": several}


def schedule(zone: str = "UTC", **shift: Any) -> dict[str, Any]:
    return {"schedule": Schedule(time_zone=zone, shifts=(Shift(**shift),))}


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        pytest.param({"cameras": (" ",)}, "camera's name is empty", id="blank-camera"),
        pytest.param({"cameras": ("x" * 200,)}, "too long", id="long-camera"),
        pytest.param(areas(Circle(PLACE, 0)), "radius is 0 m", id="no-radius"),
        pytest.param(areas(Circle(PLACE, math.nan)), "radius is nan m", id="radius-that-is-no-number"),
        pytest.param(areas(Circle(PLACE, 3e7)), "less than half the earth", id="beyond-the-earth"),
        pytest.param(areas(*[Circle(PLACE, 1)] * 51), "51 areas", id="too-many-areas"),
        pytest.param(areas(polygon((0, 0), (1, 1), (0, 0))), "less than three corners", id="two-corners-and-back"),
        pytest.param(areas(polygon((0, 0), (1, 1), (2, 2))), "on one line", id="line"),
        pytest.param(areas(polygon((0, 0), (1, 1), (0, 1), (1, 0))), "cross or touch", id="bow-tie"),
        pytest.param(areas(polygon((80, 0), (80, 120), (80, -120))), "goes round a pole", id="round-the-pole"),
        pytest.param(areas(polygon((0, 0), (0, 180), (1, 90))), "half round the earth", id="either-way"),
        pytest.param(
            areas(polygon(*((math.sin(n / 80), math.cos(n / 80)) for n in range(501)))), "501 corners", id="too-fine"
        ),
        pytest.param(schedule("Mars/Olympus"), "no time zone", id="unknown-zone"),
        pytest.param(schedule("../../etc/passwd"), "no time zone", id="zone-that-is-a-path"),
        pytest.param(schedule(""), "no time zone", id="no-zone"),
        pytest.param(schedule(days=()), "has no days", id="no-days"),
        pytest.param(schedule(begins="08:00", ends="08:00"), "write 00:00-24:00", id="no-hours"),
    ],
)
def test_a_choice_that_cannot_mean_what_it_says_is_refused(choice: dict[str, Any], said: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match=said):
        check_choice(AlertChoice(**choice))


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param({}, id="everything"),
        pytest.param({"cameras": ("north-*", "gate")}, id="cameras"),
        pytest.param(areas(Circle(PLACE, 500), polygon((0, 0), (0, 1), (1, 1), (0, 0))), id="circle-and-polygon"),
        pytest.param(areas(polygon((-18, 179), (-18, -179), (-16, -179), (-16, 179))), id="over-the-antimeridian"),
        pytest.param(schedule("America/New_York", begins="22:00", ends="06:00"), id="night-shift"),
    ],
)
def test_what_can_be_kept_is_taken(choice: dict[str, Any]) -> None:
    check_choice(AlertChoice(**choice))


@given(st.floats(-60, 60), st.floats(-180, 180), st.floats(0.01, 5), st.integers(3, 40))
def test_a_ring_around_a_place_is_taken_wherever_on_earth_it_lies(
    lat: float, lon: float, radius: float, corners: int
) -> None:
    turn = 2 * math.pi / corners
    ring = ((lat + radius * math.sin(n * turn), lon + radius * math.cos(n * turn)) for n in range(corners))
    check_choice(AlertChoice(areas=(polygon(*((north, (east + 180) % 360 - 180) for north, east in ring)),)))
