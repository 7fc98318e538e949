"""The refused rows of a load in a file: line, plate and reason, so that whoever makes the list can mend it."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.hotlists.errors import HotlistArchiveError
from connectors.hotlists.hotlist_file import RefusedRow

_KEPT = 10
"""Reports of one list; older ones go, so that a list that is wrong every day fills no disk."""


def write_report(folder: Path, refused: Sequence[RefusedRow], now: datetime) -> Path:
    """Write the rows to `refused-<time>.csv` in the folder, readable for its owner alone.

    Raises:
        HotlistArchiveError: it cannot be written.
    """
    path = folder / f"refused-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.csv"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("line", "plate", "reason"))
            rows.writerows((row.line, row.plate, row.reason) for row in refused)
        for old in sorted(folder.glob("refused-*.csv"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        msg = (
            f"the report of refused rows {path} cannot be written ({error.strerror}); check permissions and free space"
        )
        raise HotlistArchiveError(msg) from error
    return path
