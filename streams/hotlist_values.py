"""What the store of hot lists takes, gives and raises.

StreamError
└── HotlistStoreError
    ├── HotlistIncompleteError   a load did not arrive whole; the live version is as it was: load the list again
    ├── HotlistSupersededError   another load of the list began meanwhile, and that one counts
    └── HotlistUnknownError      the list has no such version: load it first
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.faults import StreamError
from streams.records import HotlistEntry


class HotlistStoreError(StreamError):
    """Root of what can go wrong with one hot list while Redis itself is well."""


class HotlistIncompleteError(HotlistStoreError):
    """A new version did not hold what was written to it; the live one was left as it is."""


class HotlistSupersededError(HotlistStoreError):
    """Another load of the same list began, or the list was rolled back; this one stopped, and changed nothing."""


class HotlistUnknownError(HotlistStoreError):
    """The list is not loaded, or has no version before the live one."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What one detection is looked up by."""

    folded: tuple[str, ...]
    """Folded texts that the plate may be, likeliest first."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry, and the version of its list that was live when it was looked up."""

    entry: HotlistEntry
    version: str
    """With the number of single changes since it was loaded, where there were any: `…-0123456789ab-1f2e3d4c+3`."""
    late: bool = False
    """The list was not loaded when it should have been: the entry may have been withdrawn at its source."""


@dataclass(frozen=True, slots=True)
class HotlistSummary:
    """One list as it is live."""

    name: str
    version: str
    plates: int
    """Folded plates; several entries may share one, partial entries have none."""
    entries: int
    """All, partial ones too."""
    partials: int
    loaded_at: datetime
    fresh_for_h: float | None = None
    """Hours after `loaded_at` until which the list counts as fresh; None: for ever."""
    source_digest: str = ""
    """SHA-256 of the file that it was loaded from, in hexadecimal; empty where there was none."""
    late: bool = False
    """It was not loaded again in time."""


@dataclass(frozen=True, slots=True)
class AppliedChanges:
    """What single changes made of a list."""

    summary: HotlistSummary
    not_found: tuple[str, ...]
    """Ids of entries to remove that the list did not have under that plate."""


def is_late(loaded_at: datetime, fresh_for_h: float | None, now: datetime) -> bool:
    """Whether a list that was loaded then should have been loaded again by now."""
    return fresh_for_h is not None and now > loaded_at + timedelta(hours=fresh_for_h)
