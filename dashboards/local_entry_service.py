"""What people do with local entries: one class for the command line, the console and the worker that tidies up.

It stands here, and not beside the streams, because each step is on record in the audit log first; the commands and the
console may know both, and the worker is given it by whoever starts it.

A step is: decide (streams.local_entries) → audit log → Elasticsearch, over what was read → pw.hotlist → note in
Elasticsearch that it is there. A crash before the third leaves nothing but the record of an attempt. After it the
entry is marked as undelivered; `tidy`, which the worker calls all the time, delivers what is marked. To deliver twice
does no harm. Whoever delivered but cannot take the mark off, because the entry has changed meanwhile, delivers again
what it is now: so what is delivered last is never an older step.
"""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec
import structlog

from dashboards.audit_log import record
from dashboards.local_entry_index import EntryChangedError, LocalEntryIndex, StoredEntry
from infra.settings import Settings
from infra.settings.local_entries import LocalEntrySettings
from streams import local_entries as life
from streams.clients import build_elasticsearch
from streams.entry_terms import EntryRefusedError, EntryTerms
from streams.faults import ServiceAwayError, StreamError
from streams.hotlist_topic import publish
from streams.local_entries import LocalEntry, change_to_publish
from streams.people import Actor, Role
from streams.records import AuditEvent, HotlistChange, event_id

log = structlog.get_logger(__name__)

WORKER = Actor("hotlists worker", Role.SYSTEM)
"""Who ends entries that are over."""

_OWN_DELIVERY = timedelta(seconds=15)
"""Whoever took a step has so long to deliver it, longer than Kafka is waited for; then `tidy` takes it over."""

_TRIES = 10
"""Deliveries of one entry that changes again and again while it is delivered."""


class UndeliveredError(StreamError):
    """A step is on record and not in force yet; it comes into force by itself."""


class EntryIndex(Protocol):
    """Where entries are kept; see `dashboards.local_entry_index.LocalEntryIndex`."""

    async def get(self, entry_id: str) -> StoredEntry:
        """One entry."""
        ...

    async def write(self, entry: LocalEntry, over: StoredEntry | None) -> StoredEntry:
        """Compare and swap."""
        ...

    async def waiting(self) -> list[StoredEntry]:
        """What waits for approval."""
        ...

    async def undelivered(self) -> list[StoredEntry]:
        """What pw.hotlist may not have."""
        ...

    async def over(self, now: datetime) -> list[StoredEntry]:
        """What lives, and is over."""
        ...

    async def all(self, **terms: str) -> list[StoredEntry]:
        """All, or those with these values."""
        ...

    async def living(self, **terms: str) -> list[StoredEntry]:
        """Those with these values that are proposed or active."""
        ...


class LocalEntryService:
    """Takes steps of local entries. Used by one event loop.

    Args:
        index: the system of record.
        audit: writes an event, or raises AuditLogError; nothing happens then.
        deliver: puts a change on pw.hotlist, or raises ServiceAwayError.
        rules: what an entry may say.
        clock: gives the time.
    """

    def __init__(
        self,
        index: EntryIndex,
        audit: Callable[[AuditEvent], Awaitable[None]],
        deliver: Callable[[HotlistChange], Awaitable[None]],
        *,
        rules: LocalEntrySettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._index = index
        self._audit = audit
        self._deliver = deliver
        self._rules = rules
        self._clock = clock

    async def propose(self, terms: EntryTerms, actor: Actor) -> LocalEntry:
        """Enter a vehicle; it waits for approval.

        Raises:
            EntryRefusedError: the terms are not allowed, or the same entry is there already.
            AuditLogError, ServiceAwayError: a service does not answer; nothing was entered.
        """
        entry = life.propose(terms, actor, self._rules, self._clock())
        same = await self._index.living(
            plate=entry.terms.plate, case_number=entry.terms.case_number, category=entry.terms.category
        )
        for stored in same:
            if stored.entry.terms.state == entry.terms.state:
                msg = f"entry {stored.entry.id} of that plate, case and category is {stored.entry.status} already"
                raise EntryRefusedError(msg)
        return await self._take(entry, None)

    async def approve(self, entry_id: str, actor: Actor) -> LocalEntry:
        """Approve what waits: the entry, or its change.

        Raises:
            EntryRefusedError: it may not be.
            EntryChangedError: somebody was faster.
            AuditLogError, ServiceAwayError: a service does not answer; nothing was done.
            UndeliveredError: it is done, and comes into force when Kafka is back.
        """
        stored = await self._index.get(entry_id)
        return await self._take(life.approve(stored.entry, actor, self._rules, self._clock()), stored)

    async def reject(self, entry_id: str, actor: Actor, reason: str) -> LocalEntry:
        """Reject what waits; raises as `approve` does."""
        stored = await self._index.get(entry_id)
        return await self._take(life.reject(stored.entry, actor, reason, self._clock()), stored)

    async def change(self, entry_id: str, revise: Callable[[EntryTerms], EntryTerms], actor: Actor) -> LocalEntry:
        """Propose other terms, made of those in force; raises as `approve` does."""
        stored = await self._index.get(entry_id)
        terms = revise(stored.entry.terms)
        changed = life.propose_change(stored.entry, terms, actor, rules=self._rules, now=self._clock())
        return await self._take(changed, stored)

    async def withdraw(self, entry_id: str, actor: Actor, reason: str) -> LocalEntry:
        """Take an entry off; raises as `approve` does."""
        stored = await self._index.get(entry_id)
        return await self._take(life.withdraw(stored.entry, actor, reason, self._clock()), stored)

    async def get(self, entry_id: str) -> LocalEntry:
        """One entry with its history.

        Raises:
            NoSuchEntryError: there is none.
        """
        return (await self._index.get(entry_id)).entry

    async def waiting(self) -> list[LocalEntry]:
        """Entries of which something waits for approval, the oldest first."""
        return _entries(await self._index.waiting())

    async def all(self, **terms: str) -> list[LocalEntry]:
        """All entries, or those with these values; the oldest first."""
        return _entries(await self._index.all(**terms))

    async def tidy(self, now: datetime) -> None:
        """End what is over, and deliver what was not; safe to repeat, and to do in several places at once.

        Raises:
            AuditLogError, ServiceAwayError: a service does not answer; the next round goes on.
        """
        for stored in await self._index.over(now):
            try:
                await self._take(life.expire(stored.entry, WORKER, now), stored)
            except EntryChangedError:
                log.info("entry changed while it was ended; it is looked at again", entry=stored.entry.id)
        for stored in await self._index.undelivered():
            if now - stored.entry.steps[-1].at < _OWN_DELIVERY:
                continue
            log.info("delivering what was not", entry=stored.entry.id)
            await self._deliver_surely(stored)

    async def _take(self, entry: LocalEntry, over: StoredEntry | None) -> LocalEntry:
        await self._audit(step_event(entry))
        stored = await self._index.write(entry, over)
        if not entry.undelivered:
            return entry
        try:
            return await self._deliver_surely(stored)
        except ServiceAwayError as error:
            msg = (
                f"entry {entry.id} is {entry.status} on record, but the matching does not know it yet ({error}); "
                f"the worker hotlists tells it as soon as it can, nothing is to be repeated"
            )
            raise UndeliveredError(msg) from error

    async def _deliver_surely(self, stored: StoredEntry) -> LocalEntry:
        for _ in range(_TRIES):
            change = change_to_publish(stored.entry)
            if change is not None:
                await self._deliver(change)
            try:
                settled = msgspec.structs.replace(stored.entry, undelivered=False)
                return (await self._index.write(settled, stored)).entry
            except EntryChangedError:
                stored = await self._index.get(stored.entry.id)
        msg = f"entry {stored.entry.id} changes all the time; its last change is delivered in a moment"
        raise EntryChangedError(msg)


def step_event(entry: LocalEntry) -> AuditEvent:
    """The last step of the entry for the audit log: who, what, from where and why."""
    step = entry.steps[-1]
    details = {"role": step.role, "category": str(entry.terms.category), "account": getpass.getuser()}
    if entry.terms.record_number:
        details["record_number"] = entry.terms.record_number
    return AuditEvent(
        id=event_id("local-entry", entry.id, step.kind, step.at, step.by),
        at=step.at,
        actor=step.by,
        action=f"local-entry.{step.kind}",
        subject=entry.id,
        terminal=socket.gethostname(),
        case_number=entry.terms.case_number,
        reason=step.reason or entry.terms.synopsis,
        details=details,
    )


def _entries(stored: Sequence[StoredEntry]) -> list[LocalEntry]:
    return [each.entry for each in stored]


@asynccontextmanager
async def open_local_entries(settings: Settings) -> AsyncIterator[LocalEntryService]:
    """The service, over clients that are closed at the end."""

    async def audit(event: AuditEvent) -> None:
        await asyncio.to_thread(record, event, settings.kafka)

    async def deliver(change: HotlistChange) -> None:
        await asyncio.to_thread(publish, change, settings.kafka)

    client = build_elasticsearch(settings.elasticsearch)
    try:
        yield LocalEntryService(
            LocalEntryIndex(client), audit, deliver, rules=settings.local_entries, clock=partial(datetime.now, UTC)
        )
    finally:
        await client.close()
