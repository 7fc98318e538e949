from __future__ import annotations

import msgspec
import pytest

from infra.alert_fields import INDEX, mappings
from streams.alerts import store
from streams.alerts.document import alert_document, alert_of, first_seen_at
from streams.alerts.escalation import escalate
from streams.alerts.query import MOST, AlertQuery, search_body
from streams.faults import StreamError
from streams.records import AlertState, Category
from tests.alert_builders import build_in, build_sighting
from tests.builders import build_alert, build_hit, moment


def test_every_field_of_a_document_is_declared_and_every_declared_field_is_written() -> None:
    document = alert_document(build_alert(), unpublished=True, written_at=moment())
    assert set(document) == set(mappings()["properties"])
    assert mappings()["dynamic"] == "strict"
    assert store.INDEX == INDEX


def test_an_alert_is_found_by_what_people_ask_for() -> None:
    hit = build_hit(sightings=(build_sighting(camera="north"), build_sighting(camera="gate")))
    document = alert_document(build_alert(hit=hit), unpublished=False, written_at=moment(7))
    assert (document["state"], document["category"], document["hotlist"]) == ("received", "stolen-vehicle", "stolen")
    assert (document["cameras"], document["case_number"]) == (["gate", "north"], "26-001")
    assert (document["sounds"], document["escalated"], document["taken_by"]) == (True, False, "")
    assert alert_document(escalate(build_alert(), moment(9)), unpublished=False, written_at=moment())["escalated"]


@pytest.mark.parametrize("state", list(AlertState))
def test_what_was_written_is_read_again(state: AlertState) -> None:
    alert = build_in(state)
    document = msgspec.json.decode(msgspec.json.encode(alert_document(alert, unpublished=True, written_at=moment())))
    assert alert_of(document, alert.id) == alert


def test_the_document_of_a_newer_version_is_told_by_its_id() -> None:
    with pytest.raises(StreamError, match=r"document of alert a7 cannot be read .* by a newer version"):
        alert_of({"alert": {"schema_version": 99}}, "a7")


@pytest.mark.policy("KY-N.3")
def test_retention_counts_from_the_oldest_capture_and_not_from_when_the_alert_was_raised() -> None:
    uploaded_late = build_hit(sightings=(build_sighting(at_s=-86_400),))
    assert first_seen_at(build_alert(hit=uploaded_late)) == moment(-86_400)
    assert first_seen_at(build_alert()) == moment(0)


def test_a_search_holds_what_was_asked_for_and_no_more() -> None:
    assert search_body(AlertQuery())["query"] == {"bool": {"filter": []}}
    query = AlertQuery(
        states=(AlertState.RECEIVED,), categories=(Category.AMBER,), cameras=("gate",), since=moment(), limit=10**9
    )
    body = search_body(query)
    assert body["query"]["bool"]["filter"] == [
        {"terms": {"state": ["received"]}},
        {"terms": {"category": ["amber"]}},
        {"terms": {"cameras": ["gate"]}},
        {"range": {"raised_at": {"gte": "2026-11-22T12:00:00+00:00"}}},
    ]
    assert body["size"] == MOST
