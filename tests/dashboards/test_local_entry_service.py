from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
import pytest

from dashboards.audit_log import AuditLogError
from dashboards.local_entry_index import EntryChangedError, NoSuchEntryError, entry_document
from dashboards.local_entry_service import LocalEntryService, UndeliveredError
from infra.local_entry_fields import mappings
from streams.entry_terms import EntryRefusedError
from streams.faults import ServiceAwayError
from streams.local_entries import EntryStatus, LocalEntry, approve, withdraw
from streams.people import Actor, Role
from streams.records import AuditEvent, Category, ChangeKind, HotlistChange
from tests.builders import moment
from tests.local_entry_builders import (
    CHIEF,
    DAY_S,
    DEPUTY,
    MEMBER,
    RULES,
    MemoryIndex,
    build_active,
    build_proposed,
    build_terms,
)


class Office:
    """A service over a system of record in memory, and what it told audit log and topic, in order."""

    def __init__(self) -> None:
        self.index = MemoryIndex()
        self.events: list[AuditEvent] = []
        self.changes: list[HotlistChange] = []
        self.order: list[str] = []
        self.now_s = 0.0
        self.audit_is_away = self.kafka_is_away = False
        self.on_delivery: Callable[[], None] | None = None
        self.service = LocalEntryService(self.index, self.audit, self.deliver, rules=RULES, clock=self.clock)
        self.index.before_write = lambda entry: self.order.append(f"write {entry.status}")

    def clock(self) -> datetime:
        self.now_s += 60
        return moment(self.now_s)

    async def audit(self, event: AuditEvent) -> None:
        if self.audit_is_away:
            msg = "the audit log does not take the event"
            raise AuditLogError(msg)
        self.order.append(event.action)
        self.events.append(event)

    async def deliver(self, change: HotlistChange) -> None:
        if self.kafka_is_away:
            service = "kafka"
            raise ServiceAwayError(service, "no answer")
        self.order.append(f"tell {change.kind}")
        self.changes.append(change)
        if self.on_delivery is not None:
            self.on_delivery()

    async def active(self) -> LocalEntry:
        proposed = await self.service.propose(build_terms(), MEMBER)
        return await self.service.approve(proposed.id, CHIEF)

    def stored(self) -> LocalEntry:
        (only,) = self.index.stored.values()
        return only.entry


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.policy("KY-I.5")
async def test_each_step_is_on_record_before_it_is_taken_and_told_after(office: Office) -> None:
    entry = await office.active()
    await office.service.withdraw(entry.id, MEMBER, "recovered")
    assert office.order == [
        "local-entry.proposed", "write proposed",
        "local-entry.approved", "write active", "tell added", "write active",
        "local-entry.withdrawn", "write withdrawn", "tell removed", "write withdrawn",
    ]  # fmt: skip
    assert not office.stored().undelivered


async def test_the_audit_log_says_who_did_what_in_which_role_and_why(office: Office) -> None:
    entry = await office.active()
    await office.service.withdraw(entry.id, DEPUTY, "recovered")
    told = [(event.actor, event.action, event.details["role"], event.reason) for event in office.events]
    assert told == [
        ("Officer Lane", "local-entry.proposed", "member", "left the scene of a robbery"),
        ("Chief Moreno", "local-entry.approved", "administrator", "left the scene of a robbery"),
        ("Deputy Hale", "local-entry.withdrawn", "administrator", "recovered"),
    ]
    assert {event.subject for event in office.events} == {entry.id}
    assert {event.case_number for event in office.events} == {"26-0417"}
    assert len({event.id for event in office.events}) == len(office.events)
    assert all(event.terminal for event in office.events)


async def test_what_is_not_on_record_does_not_happen(office: Office) -> None:
    proposed = await office.service.propose(build_terms(), MEMBER)
    office.audit_is_away = True
    with pytest.raises(AuditLogError):
        await office.service.approve(proposed.id, CHIEF)
    assert office.stored().status is EntryStatus.PROPOSED
    assert office.changes == []


async def test_what_is_refused_is_neither_on_record_nor_taken(office: Office) -> None:
    proposed = await office.service.propose(build_terms(), MEMBER)
    with pytest.raises(EntryRefusedError):
        await office.service.approve(proposed.id, MEMBER)
    assert [event.action for event in office.events] == ["local-entry.proposed"]


async def test_the_same_entry_is_not_made_twice_but_another_state_or_case_is_another(office: Office) -> None:
    first = await office.service.propose(build_terms(), MEMBER)
    with pytest.raises(EntryRefusedError, match=f"{first.id} .* is proposed already"):
        await office.service.propose(build_terms("abc-123"), DEPUTY)
    await office.service.propose(build_terms(state="US-KY"), MEMBER)
    await office.service.propose(build_terms(case_number="26-0500"), MEMBER)
    await office.service.withdraw(first.id, MEMBER, "a mistake")
    await office.service.propose(build_terms(), MEMBER)
    assert len(await office.service.waiting()) == 3


async def test_a_delivery_that_failed_is_told_and_made_good_later(office: Office) -> None:
    proposed = await office.service.propose(build_terms(), MEMBER)
    office.kafka_is_away = True
    with pytest.raises(UndeliveredError, match="is active on record"):
        await office.service.approve(proposed.id, CHIEF)
    assert (office.stored().status, office.stored().undelivered) == (EntryStatus.ACTIVE, True)
    office.kafka_is_away = False
    await office.service.tidy(moment(600))
    await office.service.tidy(moment(601))
    assert [change.kind for change in office.changes] == [ChangeKind.ADDED]
    assert not office.stored().undelivered


@pytest.mark.parametrize("crash_at", range(6))
async def test_after_a_crash_at_any_point_the_topic_says_in_the_end_what_is_on_record(
    office: Office, crash_at: int
) -> None:
    proposed = await office.service.propose(build_terms(), MEMBER)
    steps = iter(range(100))

    class CrashError(Exception):
        pass

    def maybe_crash(*_: object) -> None:
        if next(steps) == crash_at:
            raise CrashError

    async def audit(event: AuditEvent) -> None:
        maybe_crash()
        await office.audit(event)
        maybe_crash()

    async def deliver(change: HotlistChange) -> None:
        maybe_crash()
        await office.deliver(change)
        maybe_crash()

    crashing = LocalEntryService(office.index, audit, deliver, rules=RULES, clock=office.clock)
    office.index.before_write = maybe_crash
    with pytest.raises(CrashError):
        await crashing.approve(proposed.id, CHIEF)
    office.index.before_write = None
    await office.service.tidy(moment(600))
    kinds = [change.kind for change in office.changes]
    assert (office.stored().status is EntryStatus.ACTIVE) == (ChangeKind.ADDED in kinds)
    assert not office.stored().undelivered


async def test_whoever_delivers_an_older_step_last_delivers_the_newer_one_again(office: Office) -> None:
    entry = msgspec.structs.replace(build_active(), undelivered=True)
    office.index.put(entry)

    def withdrawn_meanwhile() -> None:
        office.on_delivery = None
        gone = withdraw(entry, MEMBER, "recovered", moment(300))
        office.index.put(msgspec.structs.replace(gone, undelivered=False))

    office.on_delivery = withdrawn_meanwhile
    await office.service.tidy(moment(301))
    assert [change.kind for change in office.changes] == [ChangeKind.ADDED, ChangeKind.REMOVED]
    assert office.stored().status is EntryStatus.WITHDRAWN


async def test_of_two_who_approve_at_once_the_slower_is_told_so(office: Office) -> None:
    proposed = await office.service.propose(build_terms(), MEMBER)

    def faster(_: LocalEntry) -> None:
        office.index.before_write = None
        office.index.put(approve(proposed, DEPUTY, RULES, moment(90)))

    office.index.before_write = faster
    with pytest.raises(EntryChangedError):
        await office.service.approve(proposed.id, CHIEF)


async def test_what_is_over_is_ended_told_and_on_record(office: Office) -> None:
    entry = await office.active()
    await office.service.tidy(moment(10 * DAY_S - 1))
    assert office.stored().status is EntryStatus.ACTIVE
    await office.service.tidy(moment(10 * DAY_S))
    assert office.stored().status is EntryStatus.EXPIRED
    assert [(change.kind, change.entry.id) for change in office.changes][-1] == (ChangeKind.REMOVED, entry.id)
    assert (office.events[-1].actor, office.events[-1].action) == ("hotlists worker", "local-entry.expired")


@pytest.mark.policy("NY-VII.g")
async def test_amber_alerts_are_listed_with_number_and_times(office: Office) -> None:
    await office.service.propose(build_terms("XYZ987"), MEMBER)
    terms = build_terms(category=Category.AMBER, record_number="KY-2026-07")
    amber = await office.service.propose(terms, MEMBER)
    await office.service.approve(amber.id, CHIEF)
    (listed,) = await office.service.all(category="amber")
    assert (listed.terms.record_number, listed.proposed_at) == ("KY-2026-07", moment(120))
    assert listed.active_since == moment(180)


async def test_changes_wait_and_take_force_by_the_service_too(office: Office) -> None:
    entry = await office.active()

    async def change(actor: Actor) -> LocalEntry:
        return await office.service.change(
            entry.id, lambda terms: msgspec.structs.replace(terms, state="US-KY", entered_by=actor.name), actor
        )

    await change(DEPUTY)
    assert [each.id for each in await office.service.waiting()] == [entry.id]
    assert [change.entry.state for change in office.changes] == [None]
    await office.service.reject(entry.id, CHIEF, "not sure")
    await change(DEPUTY)
    in_force = await office.service.approve(entry.id, CHIEF)
    assert (in_force.terms.state, in_force.change) == ("US-KY", None)
    assert [change.entry.state for change in office.changes] == [None, "US-KY"]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda service: service.approve("none", CHIEF), id="approve"),
        pytest.param(lambda service: service.withdraw("none", CHIEF, "why"), id="withdraw"),
        pytest.param(lambda service: service.get("none"), id="get"),
    ],
)
async def test_an_entry_that_is_not_there_is_told(
    office: Office, step: Callable[[LocalEntryService], Awaitable[LocalEntry]]
) -> None:
    with pytest.raises(NoSuchEntryError):
        await step(office.service)


async def test_many_steps_of_many_people_at_once_leave_topic_and_record_agreed(office: Office) -> None:
    entry = await office.active()
    everybody = [Actor(f"Chief {number}", Role.ADMINISTRATOR) for number in range(8)]

    async def attempt(actor: Actor) -> None:
        await asyncio.sleep(0)
        try:
            await office.service.withdraw(entry.id, actor, "recovered")
        except (EntryChangedError, EntryRefusedError):
            return

    await asyncio.gather(*map(attempt, everybody))
    await office.service.tidy(moment(office.now_s))
    assert office.stored().status is EntryStatus.WITHDRAWN
    assert office.changes[-1].kind is ChangeKind.REMOVED
    assert not office.stored().undelivered


def test_every_field_of_a_document_is_declared_and_every_declared_field_is_written() -> None:
    assert set(entry_document(build_proposed())) == set(mappings()["properties"])
