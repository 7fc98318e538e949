from __future__ import annotations

import pytest

from streams.records import Category, SeenAttribute, SeenVehicle, VehicleDescription
from streams.vehicle_agreement import color_ratio, make_ratio

WANTED = VehicleDescription(make="TOYT", color="SIL")


def seen(make: str = "", color: str = "", confidence: float = 0.9) -> SeenVehicle:
    return SeenVehicle(
        make=SeenAttribute(make, confidence) if make else None,
        color=SeenAttribute(color, confidence) if color else None,
    )


@pytest.mark.policy("KY-G")
@pytest.mark.parametrize(
    ("vehicle", "least", "most"),
    [
        pytest.param(seen("Toyota"), 10, 13, id="the-same-make-in-another-spelling"),
        pytest.param(seen("Ford"), 0.1, 0.11, id="another-make"),
        pytest.param(seen("Ford", confidence=0.5), 0.5, 0.6, id="another-make-seen-unsurely"),
        pytest.param(seen(color="silver"), 1, 1, id="a-make-that-was-not-seen"),
        pytest.param(None, 1, 1, id="a-vehicle-that-was-not-seen"),
    ],
)
def test_a_make_speaks_for_or_against(vehicle: SeenVehicle | None, least: float, most: float) -> None:
    assert least <= make_ratio(WANTED, vehicle, Category.STOLEN_VEHICLE) <= most


@pytest.mark.policy("KY-G")
@pytest.mark.parametrize(
    ("color", "least", "most"),
    [
        pytest.param("grey", 6, 8, id="silver-and-grey-are-one"),
        pytest.param("red", 0.3, 0.3, id="another-colour"),
    ],
)
def test_a_colour_speaks_for_or_against(color: str, least: float, most: float) -> None:
    assert least <= color_ratio(WANTED, seen(color=color), Category.WARRANT) <= most


def test_a_stolen_plate_is_expected_on_another_vehicle() -> None:
    assert make_ratio(WANTED, seen("Ford"), Category.STOLEN_PLATE) == 1.0
    assert color_ratio(WANTED, seen(color="red"), Category.STOLEN_PLATE) == 1.0


def test_an_entry_that_says_nothing_of_the_vehicle_is_neither_borne_out_nor_doubted() -> None:
    assert make_ratio(None, seen("Ford"), Category.AMBER) == 1.0
    assert color_ratio(VehicleDescription(), seen(color="red"), Category.AMBER) == 1.0
