from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboards.alert_feed.asked import parse_request
from dashboards.alert_feed.choice import EVERYTHING, FeedChoice
from dashboards.alert_feed.position import Position
from dashboards.query_values import RequestRefusedError


def test_without_anything_only_what_is_new_is_asked_for() -> None:
    asked = parse_request(None, {}, 2)
    assert (asked.choice, asked.start) == (EVERYTHING, None)


def test_the_header_of_a_browser_that_comes_back_goes_before_the_address_it_was_opened_with() -> None:
    asked = parse_request("0.7-1.8", {"last_event_id": "0.1-1.1", "since": "2026-11-25T08:00:00Z"}, 2)
    assert asked.start == Position((7, 8))
    assert parse_request(None, {"last_event_id": "0.1-1.1"}, 2).start == Position((1, 1))


def test_a_time_is_a_start() -> None:
    asked = parse_request(None, {"since": "2026-11-25T08:00:00Z"}, 2)
    assert asked.start == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_a_choice_is_made_of_words() -> None:
    asked = parse_request(None, {"category": "amber, warrant", "camera": "gate", "sounds": "1"}, 2)
    assert asked.choice == FeedChoice(frozenset({"amber", "warrant"}), frozenset({"gate"}), only_sounding=True)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        pytest.param({"categories": "amber"}, "no parameter 'categories'", id="a-parameter-that-is-none"),
        pytest.param({"category": "amber,green"}, "'green' is unknown", id="a-category-that-is-none"),
        pytest.param({"sounds": "yes"}, "sounds is 1", id="sounds-that-is-no-number"),
        pytest.param({"since": "yesterday"}, "no time with a zone", id="since-that-is-no-time"),
        pytest.param({"since": "2026-11-25T08:00:00"}, "no time with a zone", id="since-without-a-zone"),
        pytest.param({"last_event_id": "latest"}, "no id of this feed", id="an-id-that-is-none"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_sentence(query: dict[str, str], says: str) -> None:
    with pytest.raises(RequestRefusedError, match=says):
        parse_request(None, query, 2)
