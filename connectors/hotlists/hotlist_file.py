"""What a hot-list file turned out to hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streams.records import Category, HotlistEntry


class LoadMode(StrEnum):
    """What the rows of a file are."""

    FULL = "full"
    """The whole list: what is not in the file is off the list."""
    DELTA = "delta"
    """Changes, each row with its action."""
    ADDITIONS = "additions"
    """Rows to add, or to put in the place of what they replace."""
    REMOVALS = "removals"
    """Rows to take off the list."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no entry."""

    line: int
    """In the file, from 1."""
    reason: str
    plate: str = ""
    """Letters and digits of its plate, as far as one was found."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Takes entries off a list: those of the plate that agree in all else that is given."""

    plate: str
    state: str | None = None
    category: Category | None = None
    record_number: str = ""
    case_number: str = ""

    def matches(self, entry: HotlistEntry) -> bool:
        """Whether the entry is one that goes."""
        return (
            entry.plate == self.plate
            and self.state in (None, entry.state)
            and self.category in (None, entry.category)
            and self.record_number in ("", entry.record_number)
            and self.case_number in ("", entry.case_number)
        )


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows a file has, and what became of them; the header and blank lines are no rows."""

    rows: int = 0
    refused: int = 0
    expired: int = 0
    """Their time is over; they are skipped, which is no fault."""
    duplicates: int = 0
    """They have the id of another row, whose later one is kept."""

    @property
    def refused_share(self) -> float:
        """Share of the rows that are no entries, in [0, 1]."""
        return self.refused / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class HotlistFile:
    """The content of one file."""

    mode: LoadMode
    changes: tuple[HotlistEntry | Removal, ...]
    """In the order of the file; of a full file all are entries, no two with the same id."""
    refused: tuple[RefusedRow, ...]
    """The first of them, as many as `counts.refused` up to `MAX_REFUSED_KEPT`."""
    counts: RowCounts
    sha256: str

    @property
    def entries(self) -> tuple[HotlistEntry, ...]:
        """What the file adds."""
        return tuple(change for change in self.changes if isinstance(change, HotlistEntry))

    @property
    def removals(self) -> tuple[Removal, ...]:
        """What the file takes off."""
        return tuple(change for change in self.changes if isinstance(change, Removal))


MAX_REFUSED_KEPT = 100_000
"""Refused rows that are kept with their reasons; of more, people need to know no more than how many."""
