"""CloudEvents: the envelope, and the public shape of an alert inside of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streams.delivery.formats.cloudevents import AlertCloudEvent, as_cloudevent
from streams.delivery.subscription import delivery_id
from streams.records import Alert, AlertEvent
from tests.alert_samples import CONTEXT, every_life, life_id, sample_alert
from tests.builders import build_alert, build_detection, build_hit, build_match


def event_of(alert: Alert) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_cloudevent(alert, CONTEXT).body)
    return loaded


def test_the_envelope_names_the_revision_the_event_and_the_time_of_its_last_step() -> None:
    alert = sample_alert(AlertEvent.CONFIRMED)
    event = event_of(alert)
    assert event["specversion"] == "1.0"
    assert event["id"] == delivery_id(alert.id, alert.revision) == f"{alert.id}_3"
    assert event["source"] == "alpr.metro.example"
    assert event["type"] == "platewatch.alert.confirmed"
    assert event["subject"] == alert.id
    assert event["time"] == "2026-11-22T12:00:20.200000Z"


def test_the_same_revision_gives_the_same_bytes_at_every_try() -> None:
    alert = sample_alert()
    assert as_cloudevent(alert, CONTEXT) == as_cloudevent(alert, CONTEXT)


@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_every_alert_can_be_read_back_as_what_we_publish(alert: Alert) -> None:
    event = msgspec.json.decode(as_cloudevent(alert, CONTEXT).body, type=AlertCloudEvent)
    assert event.data.revision == alert.revision
    assert event.data.state is alert.state
    assert event.data.sounds == alert.sounds


def test_how_an_alert_ended_stays_in_its_history_though_the_vehicle_was_seen_again() -> None:
    data = event_of(sample_alert(AlertEvent.REOPENED))["data"]
    assert (data["state"], data["cleared"]) == ("received", None)
    assert [(step["event"], step["cleared"]) for step in data["steps"]] == [
        ("raised", None),
        ("verified", None),
        ("cleared", "misread"),
        ("reopened", None),
    ]


def test_a_place_that_was_read_otherwise_says_what_was_read_and_what_is_wanted() -> None:
    characters = event_of(sample_alert())["data"]["read"]["characters"]
    assert characters[1] == {"wanted": "B", "read": {"8": 0.61, "B": 0.37, "R": 0.015}, "differs": True}
    assert [place["differs"] for place in characters] == [False, True, False, False, False, False, False]


def test_other_plates_that_passed_perhaps_come_likeliest_first() -> None:
    assert event_of(sample_alert())["data"]["read"]["alternatives"] == [
        {"plate": "A8C1234", "probability": 0.02},
        {"plate": "ABC1Z34", "probability": 0.004},
    ]


def test_of_all_sightings_only_the_deciding_one_names_its_frame() -> None:
    sightings = event_of(sample_alert())["data"]["sightings"]
    assert [(one["camera"], one["frame"]) for one in sightings] == [("north-1", None), ("north-3", 7)]
    assert all(one["image"].startswith("https://console.metro.example/images/") for one in sightings)


def test_a_hit_that_lists_no_sightings_has_the_one_of_its_match() -> None:
    (sighting,) = event_of(build_alert())["data"]["sightings"]
    assert (sighting["detection"], sighting["camera"], sighting["frame"]) == ("pass-ABC123-0", "gate", 7)


def test_the_lattice_stays_with_us() -> None:
    lattice = ({"Q": 0.314159},)
    alert = build_alert(hit=build_hit(match=build_match(detection=build_detection(lattice=lattice))))
    body = as_cloudevent(alert, CONTEXT).body
    assert b"lattice" not in body
    assert b"0.314159" not in body


def test_one_sighting_stays_below_three_kilobytes() -> None:
    alert = sample_alert()
    one = msgspec.structs.replace(alert.hit, sightings=alert.hit.sightings[1:])
    assert len(as_cloudevent(msgspec.structs.replace(alert, hit=one), CONTEXT).body) < 3_000
