from __future__ import annotations

import json
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import InvalidRecordError, decode, encode, frame_from_message, frame_headers
from streams.records import (
    AuditEvent,
    CameraState,
    CameraStatus,
    ChangeKind,
    DeadLetter,
    Detection,
    Frame,
    GeoPoint,
    HotlistChange,
    PlateCandidate,
    Record,
    Redrive,
)
from tests.builders import (
    build_alert,
    build_dead_letter,
    build_detection,
    build_entry,
    build_frame,
    build_hit,
    build_match,
    moment,
)

RECORDS: list[Record] = [
    build_detection(),
    build_detection(state="KY", location=None),
    build_entry(),
    build_entry(valid_from=moment(), valid_until=moment(60)),
    HotlistChange(kind=ChangeKind.REMOVED, entry=build_entry(), at=moment(), by="A. Chief"),
    build_match(),
    build_hit(late=True),
    build_alert(),
    Redrive(subscription="metro-cad", alert=build_alert(), at=moment(), by="A. Chief"),
    CameraStatus(camera="gate", at=moment(), state=CameraState.STALLED, reason="no frame for 10 s", frames=7),
    AuditEvent(id="1", at=moment(), actor="a", action="search", subject="s", terminal="t", details={"plate": "ABC123"}),
    build_dead_letter(),
    build_dead_letter(key=None, value=None, headers=()),
]


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(-(2**40), 2**41).map(lambda ms: moment(ms / 1000))


frames = st.builds(
    Frame,
    camera=st.just("gate é"),
    captured_at=moments(),
    received_at=moments(),
    sequence=st.integers(0, 2**53),
    clock_offset_ms=st.floats(allow_nan=False, allow_infinity=False),
    location=st.none() | st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180)),
    jpeg=st.just(b"\xff\xd8"),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_record_comes_back_as_it_was(record: Record) -> None:
    decoded = decode(type(record), encode(record))
    assert decoded.record == record
    assert decoded.unknown_fields == frozenset()


def test_the_table_above_has_every_record() -> None:
    on_topics = {record for record in Record.__subclasses__() if record.__module__ == Record.__module__}
    assert {type(record) for record in RECORDS} == on_topics


@given(
    plate=st.text(),
    at=moments(),
    confidence=st.floats(0, 1),
    candidates=st.lists(st.tuples(st.text(), st.floats(0, 1)), max_size=4),
)
def test_a_detection_of_any_text_and_time_comes_back_as_it_was(
    plate: str, at: datetime, confidence: float, candidates: list[tuple[str, float]]
) -> None:
    listed = tuple(PlateCandidate(*candidate) for candidate in candidates)
    detection = build_detection(captured_at=at, plate=plate, confidence=confidence, candidates=listed)
    assert decode(Detection, encode(detection)).record == detection


@given(key=st.binary() | st.none(), value=st.binary() | st.none())
def test_a_dead_letter_keeps_any_bytes(key: bytes | None, value: bytes | None) -> None:
    letter = build_dead_letter(key=key, value=value)
    assert decode(DeadLetter, encode(letter)).record == letter


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_missing_field_is_refused_by_its_name(record: Record) -> None:
    required = [
        field.name
        for field in msgspec.structs.fields(record)
        if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
    ]
    for name in required:
        fields = json.loads(encode(record))
        del fields[name]
        with pytest.raises(InvalidRecordError, match=f"{type(record).__name__}.*{name}"):
            decode(type(record), json.dumps(fields).encode())


def test_fields_that_are_not_part_of_a_record_are_left_out_and_reported() -> None:
    fields = json.loads(encode(build_detection())) | {"colour": "red", "speed": 3}
    decoded = decode(Detection, json.dumps(fields).encode())
    assert decoded.record == build_detection()
    assert decoded.unknown_fields == {"colour", "speed"}


def test_a_record_of_a_newer_schema_is_refused() -> None:
    fields = json.loads(encode(build_detection())) | {"schema_version": 2}
    with pytest.raises(InvalidRecordError, match="schema_version"):
        decode(Detection, json.dumps(fields).encode())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff", id="a-picture"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(encode(build_detection())[:-1], id="cut-off"),
        pytest.param(encode(build_detection()) + b"{}", id="two-in-one"),
        pytest.param(encode(build_entry()), id="another-record"),
        pytest.param(encode(build_detection()).replace(b'"ABC123"', b'"\xff"'), id="not-utf-8"),
        pytest.param(b"[" * 200_000, id="nested-without-end"),
    ],
)
def test_bytes_that_are_not_the_record_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecordError, match="not a valid Detection"):
        decode(Detection, data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("confidence", 1.01, id="more-than-sure"),
        pytest.param("revision", 0, id="before-the-first-revision"),
        pytest.param("captured_at", "2026-11-22T12:00:00", id="time-without-zone"),
        pytest.param("location", {"lat": 91, "lon": 0}, id="north-of-the-pole"),
    ],
)
def test_a_value_out_of_its_range_is_refused(name: str, value: object) -> None:
    fields = json.loads(encode(build_detection())) | {name: value}
    with pytest.raises(InvalidRecordError, match=name):
        decode(Detection, json.dumps(fields).encode())


@given(frames)
def test_a_frame_s_facts_come_back_from_its_headers(frame: Frame) -> None:
    assert frame_from_message(frame.camera.encode(), frame.jpeg, frame_headers(frame)) == frame


def test_a_message_without_value_is_a_tick() -> None:
    frame = build_frame()
    assert frame_from_message(b"gate", None, frame_headers(frame)).is_tick


@pytest.mark.parametrize("name", ["captured_at", "received_at", "sequence"])
def test_a_frame_without_a_header_is_refused_by_its_name(name: str) -> None:
    headers = [(header, value) for header, value in frame_headers(build_frame()) if header != name]
    with pytest.raises(InvalidRecordError, match=f"header '{name}' is missing"):
        frame_from_message(b"gate", b"", headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("captured_at", b"yesterday", id="no-time"),
        pytest.param("captured_at", b"2026-11-22T12:00:00.000", id="time-without-zone"),
        pytest.param("captured_at", b"\xff\xff", id="not-utf-8"),
        pytest.param("captured_at", None, id="empty-header"),
        pytest.param("sequence", b"first", id="no-number"),
        pytest.param("clock_offset_ms", b"fast", id="no-offset"),
        pytest.param("clock_offset_ms", b"nan", id="offset-is-no-number"),
        pytest.param("location", b"38.2", id="half-a-place"),
        pytest.param("location", b"38.2,-85.7,3", id="a-place-too-many"),
        pytest.param("location", b"north,west", id="place-in-words"),
        pytest.param("location", b"91,0", id="north-of-the-pole"),
        pytest.param("location", b"nan,nan", id="nowhere"),
    ],
)
def test_a_frame_with_a_malformed_header_is_refused(name: str, value: bytes | None) -> None:
    headers = dict(frame_headers(build_frame())) | {name: value}
    with pytest.raises(InvalidRecordError, match="not a valid Frame"):
        frame_from_message(b"gate", b"", headers)  # type: ignore[arg-type]  # Kafka lets a header be null


@pytest.mark.parametrize("key", [pytest.param(None, id="none"), pytest.param(b"", id="empty"), b"\xff"])
def test_a_frame_whose_key_names_no_camera_is_refused(key: bytes | None) -> None:
    with pytest.raises(InvalidRecordError, match="not a valid Frame"):
        frame_from_message(key, b"", frame_headers(build_frame()))
