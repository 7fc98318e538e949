"""Hot-list files to entries: comma-separated, with a header; each row that cannot be used is told with its line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.source import ConnectorError
from recognizers.fold import normalise
from streams.records import Category, HotlistEntry, event_id

REQUIRED = ("plate", "category")
COLUMNS = (*REQUIRED, "state", "reason", "instructions", "case_number", "valid_from", "valid_until")
_PLATE_LENGTHS = range(2, 11)
"""NCIC knows plates of up to ten characters."""


class HotlistFileError(ConnectorError):
    """The file cannot be used at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no entry."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class HotlistFile:
    """What a file holds."""

    entries: tuple[HotlistEntry, ...]
    refused: tuple[RefusedRow, ...]


def read_hotlist(path: Path, hotlist: str) -> HotlistFile:
    """The entries of a file, and the rows that are none.

    Raises:
        HotlistFileError: the file cannot be read, or its header lacks a column or has an unknown one.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            _check_header(path, reader.fieldnames or ())
            return _read_rows(reader, hotlist)
    except OSError as error:
        msg = f"hot list {path} cannot be read ({error.strerror}); check the path and its permissions"
        raise HotlistFileError(msg) from error
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"hot list {path} is no comma-separated UTF-8 text ({error}); save it as such"
        raise HotlistFileError(msg) from error


def _check_header(path: Path, names: Sequence[str]) -> None:
    for name in REQUIRED:
        if name not in names:
            msg = f"hot list {path} has no column {name!r}; its first line must name: {', '.join(COLUMNS)}"
            raise HotlistFileError(msg)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        msg = f"hot list {path} has an unknown column {unknown[0]!r}; known are: {', '.join(COLUMNS)}"
        raise HotlistFileError(msg)


def _read_rows(reader: csv.DictReader[str], hotlist: str) -> HotlistFile:
    entries: dict[str, HotlistEntry] = {}
    refused: list[RefusedRow] = []
    for row in reader:
        try:
            entry = _entry({name: (value or "").strip() for name, value in row.items() if name}, hotlist)
        except ValueError as error:
            refused.append(RefusedRow(reader.line_num, str(error)))
        else:
            entries[entry.id] = entry
    return HotlistFile(tuple(entries.values()), tuple(refused))


def _entry(row: dict[str, str], hotlist: str) -> HotlistEntry:
    plate = normalise(row["plate"])
    if len(plate) not in _PLATE_LENGTHS:
        msg = f"plate {row['plate']!r} has {len(plate)} letters and digits; a plate has 2 to 10"
        raise ValueError(msg)
    try:
        category = Category(row["category"].lower())
    except ValueError as error:
        msg = f"category {row['category']!r} is unknown; known are: {', '.join(Category)}"
        raise ValueError(msg) from error
    state = row.get("state", "").upper() or None
    case_number = row.get("case_number", "")
    return HotlistEntry(
        id=event_id("entry", hotlist, plate, state or "", category, case_number),
        hotlist=hotlist,
        plate=plate,
        category=category,
        state=state,
        reason=row.get("reason", ""),
        instructions=row.get("instructions", ""),
        case_number=case_number,
        valid_from=_moment("valid_from", row.get("valid_from", "")),
        valid_until=_moment("valid_until", row.get("valid_until", "")),
    )


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{name} {text!r} is no date; write it as 2026-11-22 or 2026-11-22T08:00:00Z"
        raise ValueError(msg) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
