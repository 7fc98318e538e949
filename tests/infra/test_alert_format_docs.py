"""The published schema of alerts, and the page that shows every format."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are a package of their own

from infra.reference_docs.alert_event_schema import alert_event_schema
from infra.reference_docs.alert_formats_page import TEMPLATE, alert_formats_page
from streams.delivery.formats.cloudevents import DATA_SCHEMA, SCHEMA, as_cloudevent
from streams.delivery.formats.specimen import SPECIMEN_AT, specimen_alert
from streams.delivery.formats.template import check_template
from streams.delivery.subscription import AlertFormat
from streams.records import Alert, AlertPurpose
from tests.alert_samples import CONTEXT, every_life, life_id
from tests.builders import build_alert, build_detection, build_hit, build_match

EVENT = alert_event_schema()
VALIDATOR = Draft202012Validator(EVENT)


def event_of(alert: Alert) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_cloudevent(alert, CONTEXT).body)
    return loaded


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(EVENT)


@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_every_event_fits_the_published_schema(alert: Alert) -> None:
    VALIDATOR.validate(event_of(alert))


def test_an_event_of_which_little_is_known_fits_the_published_schema() -> None:
    detection = build_detection(location=None, vehicle=None, state=None)
    VALIDATOR.validate(event_of(build_alert(hit=build_hit(match=build_match(detection=detection)))))


@pytest.mark.parametrize("name", ["id", "data", "time"])
def test_an_event_without_what_it_must_have_does_not_fit(name: str) -> None:
    event = event_of(build_alert())
    del event[name]
    assert not VALIDATOR.is_valid(event)


def test_an_event_holds_nothing_that_the_schema_does_not_name() -> None:
    event = event_of(every_life()[0])
    assert event.keys() == EVENT["properties"].keys()
    assert event["data"].keys() == EVENT["$defs"]["PublicAlert"]["properties"].keys()
    for part, name in (("wanted", "WantedPlate"), ("read", "CapturedPlate")):
        assert event["data"][part].keys() == EVENT["$defs"][name]["properties"].keys()
    assert event["data"]["sightings"][0].keys() == EVENT["$defs"]["PublicSighting"]["properties"].keys()
    assert event["data"]["steps"][0].keys() == EVENT["$defs"]["PublicStep"]["properties"].keys()


def test_the_events_name_the_part_of_the_schema_that_describes_their_data() -> None:
    assert EVENT["$id"] == SCHEMA
    name = DATA_SCHEMA.removeprefix(f"{SCHEMA}#/$defs/")
    assert "plate" in EVENT["$defs"]["WantedPlate"]["properties"]
    assert set(EVENT["$defs"][name]["required"]) >= {"alert", "notice", "wanted", "read", "sightings"}


def test_every_class_and_most_fields_are_described() -> None:
    assert all(definition.get("description") for definition in EVENT["$defs"].values())
    assert EVENT["$defs"]["PublicAlert"]["properties"]["notice"]["description"].endswith("Show it.")


def test_the_page_shows_the_alert_in_every_format() -> None:
    page = alert_formats_page()
    for alert_format in AlertFormat:
        assert f"`{alert_format}`\n" in page
    assert page.count("TEST: STOLEN VEHICLE  ABC1234 (KY)") >= len(AlertFormat)


def test_the_page_s_template_is_one_that_we_take() -> None:
    check_template(TEMPLATE)


def test_the_same_time_gives_the_same_made_up_alert() -> None:
    assert specimen_alert(SPECIMEN_AT, AlertPurpose.TEST) == specimen_alert(SPECIMEN_AT, AlertPurpose.TEST)
    assert not specimen_alert(SPECIMEN_AT, AlertPurpose.TEST).sounds
