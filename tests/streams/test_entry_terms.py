from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from streams.entry_terms import EntryRefusedError, check_terms, listed_entry, state_of
from streams.records import Category, VehicleDescription
from tests.builders import moment
from tests.local_entry_builders import DAY_S, RULES, build_terms


@pytest.mark.policy("KY-I.6")
@pytest.mark.parametrize(
    ("field", "named"),
    [
        pytest.param("entered_by", "the entering member", id="member"),
        pytest.param("requested_by", "the requesting officer", id="officer"),
        pytest.param("case_number", "the case number", id="case"),
        pytest.param("synopsis", "a short synopsis of the originating call", id="synopsis"),
    ],
)
@pytest.mark.parametrize("empty", ["", "  \t "])
def test_an_entry_without_one_of_the_four_fields_is_refused_by_name(field: str, named: str, empty: str) -> None:
    with pytest.raises(EntryRefusedError, match=f"give {named}$"):
        check_terms(build_terms(**{field: empty}), RULES, moment())


@pytest.mark.policy("KY-I.6")
def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(EntryRefusedError, match="the requesting officer and the case number"):
        check_terms(build_terms(requested_by="", case_number=""), RULES, moment())


@pytest.mark.policy("NY-VII.g")
@pytest.mark.parametrize("category", [Category.AMBER, Category.MISSING])
def test_an_alert_that_must_be_entered_carries_its_number(category: Category) -> None:
    with pytest.raises(EntryRefusedError, match="number of the alert"):
        check_terms(build_terms(category=category), RULES, moment())
    numbered = build_terms(category=category, record_number="KY-2026-07")
    assert check_terms(numbered, RULES, moment()).record_number == "KY-2026-07"


@pytest.mark.policy("KY-G")
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("abc-12 3", "ABC123", id="separators-and-case"),
        pytest.param("käb 12", "KAB12", id="accents"),
        pytest.param("AB?1*", "AB?1*", id="pattern"),
        pytest.param("*234", "*234", id="end-known"),
        pytest.param("a?-b? 9*", "A?B?9*", id="pattern-with-separators"),
    ],
)
def test_a_plate_or_part_of_one_is_kept_without_separators(given: str, kept: str) -> None:
    assert check_terms(build_terms(given), RULES, moment()).plate == kept


@pytest.mark.parametrize(
    ("plate", "said"),
    [
        pytest.param("A", "a plate has 2 to 10", id="one-letter"),
        pytest.param("ABCDEFGHIJK", "a plate has 2 to 10", id="eleven-letters"),
        pytest.param("-- ", "a plate", id="nothing"),
        pytest.param("*", "knows 0 characters", id="anything"),
        pytest.param("A?1*", "knows 2 characters; give at least 3", id="two-known"),
        pytest.param("ABC????????", "longer than any plate", id="too-many-unknown"),
        pytest.param("A*B*C*D*E*F*G*H*I*", "longer than any plate", id="too-many-stars"),
    ],
)
def test_what_is_no_plate_or_knows_too_little_of_one_is_refused(plate: str, said: str) -> None:
    with pytest.raises(EntryRefusedError, match=said):
        check_terms(build_terms(plate), RULES, moment())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"valid_until": moment(-1)}, "before it begins", id="past"),
        pytest.param({"valid_until": moment()}, "before it begins", id="now"),
        pytest.param({"valid_from": moment(100), "valid_until": moment(50)}, "before it begins", id="backwards"),
        pytest.param({"valid_until": moment(90 * DAY_S + 1)}, "the longest is 90 days", id="too-long"),
    ],
)
def test_a_time_that_is_over_or_too_long_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EntryRefusedError, match=said):
        check_terms(build_terms(**changes), RULES, moment())


def test_the_longest_time_is_allowed_to_the_millisecond() -> None:
    latest = moment() + timedelta(days=RULES.longest_days)
    assert check_terms(build_terms(valid_until=latest), RULES, moment()).valid_until == latest


@pytest.mark.parametrize("field", ["synopsis", "instructions"])
def test_a_text_that_nobody_would_read_on_an_alert_is_refused(field: str) -> None:
    with pytest.raises(EntryRefusedError, match=f"the {field} has 1001 characters"):
        check_terms(build_terms(**{field: "x" * 1001}), RULES, moment())


@pytest.mark.parametrize(
    ("text", "state"),
    [("ky", "US-KY"), ("US-KY", "US-KY"), (" us-in ", "US-IN"), ("PL", "PL"), ("any", None), ("ANY", None)],
)
def test_a_state_is_told_by_its_code_and_any_state_outright(text: str, state: str | None) -> None:
    assert state_of(text) == state


@pytest.mark.parametrize(
    ("text", "said"), [("", "the state is missing"), ("Kentucky", "no state"), ("US-ZZ", "no state")]
)
def test_a_state_that_is_missing_or_unknown_is_refused_not_taken_for_any(text: str, said: str) -> None:
    with pytest.raises(EntryRefusedError, match=said):
        state_of(text)


@pytest.mark.policy("KY-J.4")
@pytest.mark.policy("NY-VI.a")
def test_the_listed_entry_says_all_that_the_terms_say() -> None:
    vehicle = VehicleDescription(make="FORD", color="RED")
    entry = listed_entry("e1", build_terms("AB?1*9", state="US-KY", record_number="7", vehicle=vehicle))
    assert (entry.hotlist, entry.plate, entry.state, entry.vehicle) == ("local", "AB?1*9", "US-KY", vehicle)
    assert (entry.entered_by, entry.requested_by, entry.case_number) == ("Officer Lane", "Det. Ruiz", "26-0417")
    assert (entry.reason, entry.instructions) == ("left the scene of a robbery", "do not stop alone")
    assert (entry.valid_from, entry.valid_until) == (moment(), moment(10 * DAY_S))
    assert entry.is_partial
