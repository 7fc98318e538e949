from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from infra.settings.local_entries import LookbackSettings
from streams.lookback import Lookback, Stage, advance, due_at, historical, plan, query
from streams.records import ChangeKind, VehicleDescription
from tests.builders import build_match, moment
from tests.local_entry_builders import DAY_S, build_change

SETTINGS = LookbackSettings(page=3, settle_s=60)
MONTH = timedelta(days=30)


def planned(at_s: float = 100, **changes: Any) -> Lookback:
    begun = plan(None, build_change(), partition=2, now=moment(at_s))
    assert begun is not None
    return msgspec.structs.replace(begun, **changes)


def bounds_of(lookback: Lookback) -> dict[str, Any]:
    """The ranges that a look back asks for, by field."""
    filters = query(lookback, SETTINGS, MONTH)["query"]["bool"]["filter"]
    return {field: limits for each in filters if "range" in each for field, limits in each["range"].items()}


@pytest.mark.policy("NY-VII.f.3")
def test_an_entry_that_becomes_active_is_looked_back_for_at_once() -> None:
    lookback = planned()
    assert (lookback.stage, lookback.after, lookback.partition) == (Stage.FIRST, (), 2)
    assert due_at(lookback, SETTINGS) == moment(100)


@pytest.mark.policy("NY-VII.f.3")
def test_also_one_that_is_valid_only_later() -> None:
    later = plan(None, build_change(valid_from=moment(3 * DAY_S)), partition=0, now=moment(100))
    assert later is not None
    assert due_at(later, SETTINGS) == moment(100)


def test_it_looks_at_all_that_was_captured_in_the_last_30_days() -> None:
    assert bounds_of(planned()) == {
        "captured_at": {"gte": (moment(100) - MONTH).isoformat(), "lt": moment(100).isoformat()}
    }


def test_it_looks_again_at_what_came_in_around_its_beginning() -> None:
    again = planned(stage=Stage.AGAIN)
    assert due_at(again, SETTINGS) == moment(160)
    assert bounds_of(again)["received_at"] == {"gte": moment(40).isoformat()}
    assert bounds_of(again)["captured_at"]["lt"] == moment(100).isoformat()


def test_pages_go_on_after_the_last_pass_until_one_is_not_full() -> None:
    first = advance(planned(), [(1, "gate"), (2, "gate"), (3, "gate")], 1, SETTINGS.page)
    assert (first.stage, first.after) == (Stage.FIRST, (3, "gate"))
    assert query(first, SETTINGS, MONTH)["search_after"] == [3, "gate"]
    second = advance(first, [(4, "gate")], 1, SETTINGS.page)
    assert (second.stage, second.after, second.looked_at, second.matched) == (Stage.AGAIN, (), 4, 2)
    assert "search_after" not in query(second, SETTINGS, MONTH)
    done = advance(second, [], 0, SETTINGS.page)
    assert (done.stage, due_at(done, SETTINGS)) == (Stage.DONE, None)


def test_the_place_survives_being_written_down() -> None:
    lookback = advance(planned(), [(1, "gate", 7, "A"), (2, "gate", 8, "B"), (3, "gate", 9, "C")], 0, SETTINGS.page)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(lookback), type=Lookback) == lookback


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="told-again"),
        pytest.param({"instructions": "new"}, id="other-instructions"),
        pytest.param({"valid_until": moment(20 * DAY_S)}, id="longer"),
    ],
)
def test_an_entry_that_means_the_same_vehicles_is_not_looked_back_for_anew(changes: dict[str, Any]) -> None:
    under_way = planned(stage=Stage.AGAIN, after=(3, "gate"))
    change = build_change(at_s=500, **changes)
    gone_on = plan(under_way, change, partition=2, now=moment(500))
    assert gone_on == msgspec.structs.replace(under_way, entry=change.entry, at=change.at)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"state": "US-KY"}, id="other-state"),
        pytest.param({"vehicle": VehicleDescription(color="RED")}, id="other-vehicle"),
    ],
)
def test_an_entry_that_means_other_vehicles_is(changes: dict[str, Any]) -> None:
    anew = plan(planned(stage=Stage.DONE), build_change(at_s=500, **changes), partition=2, now=moment(500))
    assert anew is not None
    assert (anew.stage, anew.begun_at, anew.after) == (Stage.FIRST, moment(500), ())


def test_an_entry_that_was_removed_is_done() -> None:
    ended = plan(planned(), build_change(at_s=500, kind=ChangeKind.REMOVED), partition=2, now=moment(501))
    assert ended is not None
    assert (ended.stage, ended.at) == (Stage.DONE, moment(500))


def test_a_change_that_comes_after_a_later_one_is_passed_over() -> None:
    ended = plan(None, build_change(at_s=500, kind=ChangeKind.REMOVED), partition=2, now=moment(501))
    assert plan(ended, build_change(at_s=400), partition=2, now=moment(502)) is None


def test_a_match_of_the_past_says_so_and_is_the_same_each_time() -> None:
    lookback = planned()
    first = historical(build_match(matched_at=moment(700)), lookback)
    assert first == historical(build_match(matched_at=moment(900)), lookback)
    assert (first.historical, first.entry, first.matched_at) == (True, lookback.entry, moment(100))
