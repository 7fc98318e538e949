"""Where the hot lists stand in Redis.

| key | type | holds |
| --- | --- | --- |
| `hl:lists` | set | names of all lists |
| `hl:ready` | string | all lists are there: an installation began, or lost lists were all loaded again |
| `hl:rebuild` | string | token of the rebuild of all lists in progress (`hotlist_readiness`) |
| `hl:{list}:current`, `:previous` | string | the live version, and the one kept to go back to |
| `hl:{list}:versions` | set | all versions that have keys, half-written ones too |
| `hl:{list}:loading` | string, expires | token of the load in progress |
| `hl:{list}:journal` | list, expires | changes made to the live version while another is loaded |
| `hl:{list}:{version}` | hash | folded plate → cell (`hotlist_cells`) |
| `hl:{list}:{version}:partials` | hash | id of a partial entry → cell of that one |
| `hl:{list}:{version}:texts` | string | the table of texts, a MessagePack array; never changes |
| `hl:{list}:{version}:meta` | hash | counts, times and revisions (`VersionMeta`) |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from recognizers.fold import FOLD_VERSION
from streams.hotlist_cells import CELL_VERSION
from streams.hotlist_values import HotlistSummary, is_late

LISTS = "hl:lists"
READY = "hl:ready"
"""Whatever empties Redis takes this along, so it is never taken for one whose lists are empty. A single load does not
bring it back: the other lists are still missing (`hotlist_readiness`)."""

LAYOUT = f"-f{FOLD_VERSION}-c{CELL_VERSION}-"
"""Part of each version's name: by which rules it was folded and written."""


def _list_key(hotlist: str, name: str) -> str:
    """The key of that name of a list."""
    return f"hl:{hotlist}:{name}"


@dataclass(frozen=True, slots=True)
class VersionKeys:
    """The keys of one version of a list."""

    cells: str
    partials: str
    texts: str
    meta: str


def version_keys(hotlist: str, version: str) -> VersionKeys:
    """The keys of a version."""
    cells = _list_key(hotlist, version)
    return VersionKeys(cells, f"{cells}:partials", f"{cells}:texts", f"{cells}:meta")


def version_name(digest: str, token: str, now: datetime) -> str:
    """The name of a version: it sorts by time, and says how it was folded and written, what it holds, and which load.

    The same content loaded twice has two names: readers keep things of a version by its name.
    """
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{LAYOUT}{digest}-{token[:8]}"


def is_of_this_layout(version: str) -> bool:
    """Whether the version was folded and written by the rules of this release."""
    return LAYOUT in version


@dataclass(frozen=True, slots=True)
class VersionMeta:
    """What is told of a version; stored as a hash of texts."""

    plates: int
    entries: int
    partials: int
    loaded_at: datetime
    fresh_for_h: float | None = None
    source_digest: str = ""
    revision: int = 0
    """Single changes made since it was loaded; a call that makes several counts once."""
    partials_revision: int = 0
    """Those of them that touched partial entries: readers keep these in memory."""

    def to_hash(self) -> dict[str, str]:
        """As Redis keeps it."""
        return {
            "plates": str(self.plates),
            "entries": str(self.entries),
            "partials": str(self.partials),
            "loaded_at": self.loaded_at.astimezone(UTC).isoformat(),
            "fresh_for_h": "" if self.fresh_for_h is None else repr(self.fresh_for_h),
            "source_digest": self.source_digest,
            "revision": str(self.revision),
            "partials_revision": str(self.partials_revision),
        }

    @classmethod
    def from_hash(cls, fields: Mapping[bytes, bytes]) -> VersionMeta:
        """From what Redis keeps.

        Raises:
            KeyError: a field is missing: the version was written by another release, or in part.
        """
        told = {name.decode(): value.decode() for name, value in fields.items()}
        return cls(
            plates=int(told["plates"]),
            entries=int(told["entries"]),
            partials=int(told["partials"]),
            loaded_at=datetime.fromisoformat(told["loaded_at"]),
            fresh_for_h=float(told["fresh_for_h"]) if told["fresh_for_h"] else None,
            source_digest=told["source_digest"],
            revision=int(told["revision"]),
            partials_revision=int(told["partials_revision"]),
        )

    def is_late(self, now: datetime) -> bool:
        """Whether the list should have been loaded again by now."""
        return is_late(self.loaded_at, self.fresh_for_h, now)

    def public_version(self, version: str) -> str:
        """The version's name as matches and people are told it: with the number of changes since it was loaded."""
        return f"{version}+{self.revision}" if self.revision else version

    def summary(self, hotlist: str, version: str, now: datetime) -> HotlistSummary:
        """What people are told of the list."""
        return HotlistSummary(
            name=hotlist,
            version=self.public_version(version),
            plates=self.plates,
            entries=self.entries,
            partials=self.partials,
            loaded_at=self.loaded_at,
            fresh_for_h=self.fresh_for_h,
            source_digest=self.source_digest,
            late=self.is_late(now),
        )
