"""Local entries that are valid by default, the people around them, and a system of record in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from dashboards.local_entry_index import EntryChangedError, NoSuchEntryError, StoredEntry
from infra.settings.local_entries import LocalEntrySettings
from streams.entry_terms import EntryTerms, listed_entry
from streams.local_entries import LIVING, LocalEntry, approve, propose
from streams.people import Actor, Role
from streams.records import Category, ChangeKind, HotlistChange
from tests.builders import moment

RULES = LocalEntrySettings()

MEMBER = Actor("Officer Lane", Role.MEMBER)
CHIEF = Actor("Chief Moreno", Role.ADMINISTRATOR)
DEPUTY = Actor("Deputy Hale", Role.ADMINISTRATOR)

DAY_S = 86_400.0


def build_terms(plate: str = "ABC123", **changes: Any) -> EntryTerms:
    """A complete case of ten days, in any state."""
    terms = EntryTerms(
        plate=plate,
        state=None,
        category=Category.CASE,
        entered_by=MEMBER.name,
        requested_by="Det. Ruiz",
        case_number="26-0417",
        synopsis="left the scene of a robbery",
        instructions="do not stop alone",
        valid_from=moment(),
        valid_until=moment(10 * DAY_S),
    )
    return msgspec.structs.replace(terms, **changes)


def build_proposed(at_s: float = 0.0, **changes: Any) -> LocalEntry:
    """An entry that waits for approval."""
    return propose(build_terms(**changes), MEMBER, RULES, moment(at_s))


def build_active(at_s: float = 0.0, **changes: Any) -> LocalEntry:
    """An entry that was approved a minute after it was proposed."""
    return approve(build_proposed(at_s, **changes), CHIEF, RULES, moment(at_s + 60))


def build_change(entry_id: str = "e1", *, at_s: float = 0.0, **changes: Any) -> HotlistChange:
    """A local entry became active; with `kind`, or other terms."""
    kind = changes.pop("kind", ChangeKind.ADDED)
    entry = listed_entry(entry_id, build_terms(**changes))
    return HotlistChange(kind=kind, entry=entry, at=moment(at_s), by=CHIEF.name)


class MemoryIndex:
    """Keeps entries as Elasticsearch does: whoever writes over what has changed is refused.

    Args:
        before_write: called before each write, so that a test can be faster than the writer, or end it.
    """

    def __init__(self, before_write: Callable[[LocalEntry], None] | None = None) -> None:
        self.stored: dict[str, StoredEntry] = {}
        self.before_write = before_write
        self._writes = 0

    async def get(self, entry_id: str) -> StoredEntry:
        if entry_id not in self.stored:
            raise NoSuchEntryError(entry_id)
        return self.stored[entry_id]

    async def write(self, entry: LocalEntry, over: StoredEntry | None) -> StoredEntry:
        if self.before_write is not None:
            self.before_write(entry)
        if self.stored.get(entry.id) != over:
            raise EntryChangedError(entry.id)
        return self.put(entry)

    def put(self, entry: LocalEntry) -> StoredEntry:
        """Write without asking, as somebody else would."""
        self._writes += 1
        self.stored[entry.id] = StoredEntry(entry, self._writes, 1)
        return self.stored[entry.id]

    async def waiting(self) -> list[StoredEntry]:
        return [each for each in self.stored.values() if each.entry.waits]

    async def undelivered(self) -> list[StoredEntry]:
        return [each for each in self.stored.values() if each.entry.undelivered]

    async def over(self, now: datetime) -> list[StoredEntry]:
        living = [each for each in self.stored.values() if each.entry.status in LIVING]
        return [each for each in living if each.entry.terms.valid_until <= now]

    async def all(self, **terms: str) -> list[StoredEntry]:
        return [each for each in self.stored.values() if _has(each.entry, terms)]

    async def living(self, **terms: str) -> list[StoredEntry]:
        return [each for each in await self.all(**terms) if each.entry.status in LIVING]


def _has(entry: LocalEntry, terms: dict[str, str]) -> bool:
    return all(getattr(entry.terms, name) == value for name, value in terms.items())
