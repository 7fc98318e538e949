"""Records to bytes and back; the only place where the wire format is decided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Generic, TypeVar

import msgspec

from streams.records import Frame, GeoPoint, Record

RecordT = TypeVar("RecordT", bound=Record)


class InvalidRecordError(ValueError):
    """The bytes are not the record they should be; the message names the field, what is there and what is wanted."""


@dataclass(frozen=True, slots=True)
class Decoded(Generic[RecordT]):
    """A record, and the names of the fields that came with it and are not part of it."""

    record: RecordT
    unknown_fields: frozenset[str]


def encode(record: Record) -> bytes:
    """The record as JSON."""
    return msgspec.json.encode(record)


@cache
def _decoder(record_type: type[Record]) -> msgspec.json.Decoder[Record]:
    return msgspec.json.Decoder(record_type)


_top_level = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(record_type: type[RecordT], data: bytes) -> Decoded[RecordT]:
    """The record in the bytes.

    Raises:
        InvalidRecordError: no JSON, a missing field, a wrong type or range, or a schema newer than ours.
    """
    try:
        record = _decoder(record_type).decode(data)
        names = _top_level.decode(data).keys()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"not a valid {record_type.__name__}: {error}"
        raise InvalidRecordError(msg) from error
    assert isinstance(record, record_type)  # noqa: S101 - tells the type checker what the decoder guarantees
    return Decoded(record, frozenset(names) - _field_names(record_type))


@cache
def _field_names(record_type: type[Record]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(record_type))


Headers = Sequence[tuple[str, bytes]]


def frame_headers(frame: Frame) -> list[tuple[str, bytes]]:
    """The facts of a frame as Kafka headers."""
    headers = {
        "captured_at": frame.captured_at.isoformat(timespec="milliseconds"),
        "received_at": frame.received_at.isoformat(timespec="milliseconds"),
        "sequence": str(frame.sequence),
        "clock_offset_ms": repr(frame.clock_offset_ms),
    }
    if frame.location is not None:
        headers["location"] = f"{frame.location.lat},{frame.location.lon}"
    return [(name, value.encode()) for name, value in headers.items()]


def frame_from_message(key: bytes | None, value: bytes | None, headers: Headers | Mapping[str, bytes]) -> Frame:
    """The frame in a message of the frames topic.

    Raises:
        InvalidRecordError: the key or a header is missing or malformed.
    """
    # Kafka lets a header be null; that is as good as none.
    facts = {name: value for name, value in dict(headers).items() if value is not None}
    try:
        if not key:
            msg = "the key, which names the camera, is empty"
            raise ValueError(msg)
        location = facts.get("location")
        return Frame(
            camera=key.decode(),
            captured_at=_moment(facts["captured_at"]),
            received_at=_moment(facts["received_at"]),
            sequence=int(facts["sequence"]),
            clock_offset_ms=_number(facts.get("clock_offset_ms", b"0")),
            location=_place(location) if location else None,
            jpeg=value or b"",
        )
    except KeyError as error:
        msg = f"not a valid Frame: the header {error} is missing"
        raise InvalidRecordError(msg) from error
    except (ValueError, TypeError) as error:
        msg = f"not a valid Frame: {error}"
        raise InvalidRecordError(msg) from error


def _moment(header: bytes) -> datetime:
    moment = datetime.fromisoformat(header.decode())
    if moment.tzinfo is None:
        msg = f"{header!r} has no time zone"
        raise ValueError(msg)
    return moment


def _number(header: bytes) -> float:
    number = float(header)
    if not math.isfinite(number):
        msg = f"{header!r} is no number"
        raise ValueError(msg)
    return number


def _place(header: bytes) -> GeoPoint:
    # A place off the globe would pass here and be refused by every reader of the detection.
    lat, lon = map(_number, header.split(b","))
    return msgspec.convert({"lat": lat, "lon": lon}, GeoPoint)
