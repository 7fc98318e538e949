"""What a simulation takes of the lists, and the vehicles that it lets pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infra.bench.errors import BenchError
from infra.bench.listed_traffic import ListedTraffic, Wanted, WantedPlates, is_string_of, strings_of
from infra.bench.simulated_reads import DIGITS, LETTERS
from recognizers.issue_tables import format_of
from streams.records import Category
from tests.builders import build_entry, moment

STOLEN, WARRANT = Category.STOLEN_VEHICLE, Category.WARRANT
EVERY = frozenset(LETTERS + DIGITS)


def wanted(plate: str, state: str | None = None, category: Category = STOLEN) -> Wanted:
    return Wanted(plate, state, category)


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        pytest.param({}, (1, 0, 0), id="in-force"),
        pytest.param({"plate": "AB?123"}, (0, 1, 0), id="partial"),
        pytest.param({"valid_until": moment(-1)}, (0, 0, 1), id="over"),
        pytest.param({"valid_from": moment(1)}, (0, 0, 1), id="not-begun"),
        pytest.param({"valid_from": moment(-1), "valid_until": moment(1)}, (1, 0, 0), id="within-its-time"),
    ],
)
def test_an_entry_is_simulated_if_it_is_whole_and_in_force_and_is_counted_otherwise(
    changes: dict[str, Any], counted: tuple[int, int, int]
) -> None:
    plates = WantedPlates(moment())
    plates.add(build_entry(**changes))
    assert (len(plates.found), plates.partial, plates.not_in_force) == counted


def test_entries_that_stop_the_same_vehicle_for_the_same_reason_are_one() -> None:
    plates = WantedPlates(moment())
    plates.add(build_entry("ABC123", id="1", state="KY", record_number="1"))
    plates.add(build_entry("ABC123", id="2", state="US-KY", record_number="2", hotlist="other"))
    assert plates.found == {wanted("ABC123", "US-KY")}
    plates.add(build_entry("ABC123", id="3", category=WARRANT, state="KY"))
    plates.add(build_entry("ABC123", id="4"))
    assert len(plates.found) == 3, "another reason, or any state, is another thing to be told"


@pytest.mark.parametrize(
    ("form", "strings"),
    [("9", 10), ("A", 23), ("AA99", 23 * 23 * 100), ("AAA9999", 23**3 * 10_000)],
)
def test_the_strings_of_a_format_are_counted(form: str, strings: int) -> None:
    assert strings_of(form) == strings


@pytest.mark.parametrize(("text", "counted"), [("ABC123", True), ("QBC123", False), ("IO1", False)])
def test_letters_that_issuers_leave_out_are_in_no_string(text: str, *, counted: bool) -> None:
    assert is_string_of(text) is counted


def test_a_format_is_as_dense_as_its_plates_are_many_by_state_and_category() -> None:
    traffic = ListedTraffic(
        [wanted("AB12"), wanted("CD34"), wanted("EF56", "US-KY"), wanted("GH78", None, WARRANT), wanted("123")]
    )
    strings = 23 * 23 * 100
    assert traffic.densities("AA99") == {
        (None, STOLEN): 2 / strings,
        ("US-KY", STOLEN): 1 / strings,
        (None, WARRANT): 1 / strings,
    }
    assert traffic.densities("AAAA") == {}
    # Four of five that pass have the one format, and one the other.
    assert traffic.mean_density(STOLEN) == pytest.approx(4 / 5 * 3 / strings + 1 / 5 * 1 / 1000)
    assert traffic.categories == [STOLEN, WARRANT]
    assert traffic.states == {"US-KY"}


def test_a_format_of_few_plates_is_no_usual_one() -> None:
    traffic = ListedTraffic([*(wanted(f"AB{number:03}") for number in range(200)), wanted("VANITY")])
    assert traffic.is_usual("XY987")
    assert not traffic.is_usual("BEAUTY")
    assert not traffic.is_usual("12")


def test_what_passes_is_on_no_list_and_has_formats_and_states_as_often_as_the_lists() -> None:
    listed = [wanted(f"{letter}{number}", "US-KY") for letter in "ABCDEFGH" for number in range(10)]
    traffic = ListedTraffic([*listed, *(wanted(f"{number}AA") for number in range(10)), wanted("9BB"), wanted("8BB")])
    rng = np.random.default_rng(1)
    passed = [traffic.passing(EVERY, rng) for _ in range(2000)]
    assert not [plate for plate, _ in passed if traffic.is_listed(plate)]
    assert {(format_of(plate), state) for plate, state in passed} == {("A9", "US-KY"), ("9AA", None)}
    known = frozenset("JK0123456789")
    assert {traffic.passing(known, rng)[0][0] for _ in range(200)} <= known


def test_a_list_of_every_plate_there_is_leaves_nobody_to_pass() -> None:
    traffic = ListedTraffic(wanted(digit) for digit in DIGITS)
    with pytest.raises(BenchError, match="nearly every plate of the listed formats is listed"):
        traffic.passing(EVERY, np.random.default_rng(1))


def test_the_same_lists_in_another_order_let_the_same_vehicles_pass() -> None:
    some = [wanted("AB12"), wanted("123", "US-KY"), wanted("XYZ9", None, WARRANT)]
    one, other = (
        [ListedTraffic(order).passing(EVERY, np.random.default_rng(seed)) for seed in range(20)]
        for order in (some, some[::-1])
    )
    assert one == other
