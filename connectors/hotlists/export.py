"""A list to a file of template `platewatch-csv`: loaded again, it gives the same entries under the same ids."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from connectors.hotlists.code_tables import resolve_codes
from connectors.hotlists.errors import HotlistFileError
from streams.records import HotlistEntry, VehicleDescription

COLUMNS = (
    "plate", "category", "state", "reason", "instructions", "case_number", "record_number", "entered_by",
    "requested_by", "valid_from", "valid_until", "make", "model", "color", "year", "style", "marks",
)  # fmt: skip

COUNTRIES = "countries-like-states"
"""The code table by which Germany is not taken for Delaware."""

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""What a row of a file cannot hold, and a text that a person typed may: line breaks and other control characters."""

_NOTHING = VehicleDescription()


def write_export(path: Path, entries: Iterable[HotlistEntry]) -> None:
    """Write the entries in the order of plates; the file is whole or absent, and readable for its owner alone.

    Raises:
        HotlistFileError: the file cannot be written.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        ) as out:
            rows = csv.writer(out)
            rows.writerow(COLUMNS)
            countries = {code: letters for letters, code in resolve_codes((COUNTRIES,)).items()}
            rows.writerows(_row(entry, countries) for entry in sorted(entries, key=lambda one: (one.plate, one.id)))
        new.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}); check the folder, its permissions and free space"
        raise HotlistFileError(msg) from error


def _row(entry: HotlistEntry, countries: Mapping[str, str]) -> tuple[str, ...]:
    vehicle = entry.vehicle or _NOTHING
    state = countries.get(entry.state or "", entry.state or "")
    texts = (
        entry.plate, entry.category, state, entry.reason, entry.instructions, entry.case_number,
        entry.record_number, entry.entered_by, entry.requested_by, _moment(entry.valid_from),
        _moment(entry.valid_until), vehicle.make, vehicle.model, vehicle.color, vehicle.year, vehicle.style,
        vehicle.marks,
    )  # fmt: skip
    return tuple(_UNREADABLE.sub(" ", text).replace("\ufffd", "?") for text in texts)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
