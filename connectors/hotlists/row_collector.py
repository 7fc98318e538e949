"""Gathers what the rows of one file give, and says at the end whether the file can be used."""

from __future__ import annotations

from pathlib import Path

from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.hotlist_file import (
    MAX_REFUSED_KEPT,
    HotlistFile,
    LoadMode,
    RefusedRow,
    Removal,
    RowCounts,
)
from streams.records import HotlistEntry

GIVE_UP_AFTER = 1000
"""Rows of which not one fits: the file is of another format, and five million refusals would say no more."""


class RowCollector:
    """Owned by one reading of one file."""

    def __init__(self, path: Path, template: str, mode: LoadMode) -> None:
        self._path = path
        self._template = template
        self._mode = mode
        self._by_id: dict[str, HotlistEntry] = {}
        self._changes: list[HotlistEntry | Removal] = []
        self._refused: list[RefusedRow] = []
        self._refusals = 0
        self._expired = 0
        self._duplicates = 0
        self.rows = 0
        """So far, refused ones included."""

    def add(self, entry: HotlistEntry) -> None:
        """A row of a full file."""
        self.rows += 1
        if entry.id in self._by_id:
            self._duplicates += 1
        self._by_id[entry.id] = entry

    def change(self, *changes: HotlistEntry | Removal) -> None:
        """A row of any other file."""
        self.rows += 1
        self._changes += changes

    def expire(self) -> None:
        """A row whose entry is over."""
        self.rows += 1
        self._expired += 1

    def refuse(self, line: int, reason: str, plate: str = "") -> None:
        """A row that is no entry.

        Raises:
            HotlistFileError: none of so many rows was one.
        """
        self.rows += 1
        self._refusals += 1
        if len(self._refused) < MAX_REFUSED_KEPT:
            self._refused.append(RefusedRow(line, reason, plate))
        if self._refusals == self.rows == GIVE_UP_AFTER:
            self._refuse_file(f"none of the first {GIVE_UP_AFTER:,} rows of hot list {self._path}")

    def finish(self, sha256: str) -> HotlistFile:
        """All that the file holds.

        Raises:
            HotlistFileError: it has no rows, or none that can be used.
        """
        if not self.rows and self._mode is not LoadMode.DELTA:
            msg = f"hot list {self._path} has no rows; fetch it again"
            raise HotlistFileError(msg)
        if self.rows and self._refusals == self.rows:
            self._refuse_file(f"none of the {self.rows:,} rows of hot list {self._path}")
        changes = tuple(self._by_id.values()) if self._mode is LoadMode.FULL else tuple(self._changes)
        if self.rows and not changes:
            msg = f"hot list {self._path} holds no usable entry: {self._expired:,} of its {self.rows:,} rows are over"
            raise HotlistFileError(msg)
        counts = RowCounts(self.rows, self._refusals, self._expired, self._duplicates)
        return HotlistFile(self._mode, changes, tuple(self._refused), counts, sha256)

    def _refuse_file(self, rows: str) -> None:
        first = self._refused[0]
        msg = f"{rows} fits template {self._template} (line {first.line}: {first.reason}); try another template of "
        msg += "`platewatch hotlist templates`, or mend the file"
        raise HotlistFileError(msg)
