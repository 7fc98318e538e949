from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.elastic_templates import properties
from streams.documents import document, grams, index_of
from tests.builders import build_detection, build_image, moment


@pytest.mark.parametrize(
    ("at", "index"),
    [
        pytest.param(moment(), "detections-2026.11.22", id="noon"),
        pytest.param(datetime.fromisoformat("2026-11-22T23:59:59.999+00:00"), "detections-2026.11.22", id="last-ms"),
        pytest.param(datetime.fromisoformat("2026-11-22T20:00:00-05:00"), "detections-2026.11.23", id="evening-in-KY"),
        pytest.param(datetime.fromisoformat("2026-01-02T00:00:00+00:00"), "detections-2026.01.02", id="padded"),
    ],
)
def test_a_detection_is_indexed_by_its_capture_day_in_utc(at: datetime, index: str) -> None:
    assert index_of(at) == index
    assert document(build_detection(captured_at=at, received_at=at + timedelta(days=3))).index == index


def undeclared(source: dict[str, Any], declared: dict[str, Any], path: str = "") -> list[str]:
    """Paths of fields that a strict mapping would refuse."""
    found: list[str] = []
    for name, value in source.items():
        field = declared.get(name)
        if field is None:
            found.append(path + name)
        elif isinstance(value, dict) and "properties" in field:
            found += undeclared(value, field["properties"], f"{path}{name}.")
        elif isinstance(value, dict) and field.get("type") != "geo_point":
            found.append(path + name)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as-usual"),
        pytest.param({"state": "KY"}, id="with-state"),
        pytest.param({"location": None}, id="without-place"),
        pytest.param({"image": build_image()}, id="with-picture"),
    ],
)
def test_every_field_of_a_document_is_declared_and_every_declared_field_is_written(changes: dict[str, Any]) -> None:
    source = document(build_detection(**changes)).source
    assert undeclared(source, properties()) == []
    assert set(source) == set(properties())


def test_a_document_is_json_with_the_pass_as_its_id_and_the_revision_as_its_version() -> None:
    detection = build_detection()
    written = document(detection)
    assert (written.id, written.version) == (detection.id, detection.revision)
    assert json.loads(json.dumps(written.source))["captured_at"] == "2026-11-22T12:00:00.000+00:00"
    assert written.source["plate_reversed"] == "321CBA"
    assert written.source["candidates"] == ["ABC123"]


def test_a_time_is_written_as_the_same_moment_in_whichever_zone_it_came() -> None:
    elsewhere = build_detection(captured_at=moment().astimezone(timezone(timedelta(hours=7))))
    assert datetime.fromisoformat(document(elsewhere).source["captured_at"]) == moment()


@settings(max_examples=30)
@given(st.text("AB12", max_size=10), st.integers(0, 7))
def test_a_plate_is_among_those_that_have_a_gram_of_any_part_of_it(plate: str, start: int) -> None:
    part = plate[start : start + 3]
    assert len(part) < 3 or part in grams(plate)


def test_a_plate_of_two_characters_has_no_grams() -> None:
    assert grams("A1") == []
