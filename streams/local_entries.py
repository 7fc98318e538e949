"""The life of a local entry: what may follow what, and who may do it. Pure; time and actor are arguments.

    proposed ──approve──▶ active ──withdraw──▶ withdrawn
       │  │                │  ▲ │
       │  └──withdraw──┐   │  │ └──(over)────▶ expired
       │               ▼   │  │
       └──reject──▶ rejected   propose a change ──▶ approve or reject it

Nothing becomes active, and no change takes force, before an administrator approved it who is neither its author nor the
entering member (KY-I.5). A change that waits leaves what was approved in force.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from infra.settings.local_entries import LocalEntrySettings
from streams.entry_terms import EntryRefusedError, EntryTerms, check_terms, listed_entry
from streams.people import Actor, Role
from streams.records import ChangeKind, HotlistChange, Record, Timestamp, event_id, to_milliseconds


class EntryStatus(StrEnum):
    """Where an entry stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


LIVING = frozenset({EntryStatus.PROPOSED, EntryStatus.ACTIVE})
"""The states that something can still follow."""


class StepKind(StrEnum):
    """What was done to an entry."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGE_PROPOSED = "change-proposed"
    CHANGE_APPROVED = "change-approved"
    CHANGE_REJECTED = "change-rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an entry's life."""

    kind: StepKind
    at: Timestamp
    by: str
    role: str
    reason: str = ""


class ProposedChange(msgspec.Struct, frozen=True, kw_only=True):
    """New terms that nobody has approved yet."""

    terms: EntryTerms
    by: str


class LocalEntry(Record, frozen=True, kw_only=True):
    """A local entry with its history. Of a proposed entry, `terms` are what was proposed; else what was approved."""

    id: str
    status: EntryStatus
    author: str
    terms: EntryTerms
    change: ProposedChange | None = None
    steps: tuple[Step, ...]
    undelivered: bool = False
    """What is active changed, and pw.hotlist may not have it yet; whoever delivers it takes this off."""

    @property
    def was_active(self) -> bool:
        """Whether it was approved once."""
        return any(step.kind is StepKind.APPROVED for step in self.steps)

    @property
    def waits(self) -> bool:
        """Whether something of it waits for approval."""
        return self.status is EntryStatus.PROPOSED or self.change is not None

    @property
    def proposed_at(self) -> datetime:
        """When it was entered."""
        return self.steps[0].at

    @property
    def active_since(self) -> datetime | None:
        """When it was approved; None where it never was."""
        return next((step.at for step in self.steps if step.kind is StepKind.APPROVED), None)


def propose(terms: EntryTerms, actor: Actor, rules: LocalEntrySettings, now: datetime) -> LocalEntry:
    """A new entry, which waits for approval.

    Raises:
        EntryRefusedError: the terms are incomplete or not allowed, or nobody is named.
    """
    _check_named(actor)
    terms = check_terms(terms, rules, now)
    at = to_milliseconds(now)
    return LocalEntry(
        id=event_id("local", terms.plate, terms.state or "", terms.category, terms.case_number, at),
        status=EntryStatus.PROPOSED,
        author=actor.name.strip(),
        terms=terms,
        steps=(_step(StepKind.PROPOSED, at, actor),),
    )


def approve(entry: LocalEntry, actor: Actor, rules: LocalEntrySettings, now: datetime) -> LocalEntry:
    """The entry active, or its change in force.

    Raises:
        EntryRefusedError: nothing waits, it is over meanwhile, or the actor may not approve it.
    """
    _check_living(entry)
    author, terms = _what_waits(entry)
    _check_administrator(actor, "approve")
    if actor.is_called(author) or actor.is_called(terms.entered_by):
        msg = f"{actor.name} entered this; another administrator than its author must approve it"
        raise EntryRefusedError(msg)
    check_terms(terms, rules, now)
    kind = StepKind.APPROVED if entry.change is None else StepKind.CHANGE_APPROVED
    return msgspec.structs.replace(
        _stepped(entry, kind, actor, now), status=EntryStatus.ACTIVE, terms=terms, change=None, undelivered=True
    )


def reject(entry: LocalEntry, actor: Actor, reason: str, now: datetime) -> LocalEntry:
    """The entry rejected, or its change dropped while what was approved stays in force.

    Raises:
        EntryRefusedError: nothing waits, no reason is given, or the actor may not reject it.
    """
    _check_living(entry)
    _what_waits(entry)
    _check_administrator(actor, "reject")
    reason = _checked_reason(reason, "reject")
    if entry.change is None:
        return msgspec.structs.replace(
            _stepped(entry, StepKind.REJECTED, actor, now, reason=reason), status=EntryStatus.REJECTED
        )
    return msgspec.structs.replace(_stepped(entry, StepKind.CHANGE_REJECTED, actor, now, reason=reason), change=None)


def propose_change(
    entry: LocalEntry, terms: EntryTerms, actor: Actor, *, rules: LocalEntrySettings, now: datetime
) -> LocalEntry:
    """The entry with new terms that wait for approval; a change that waited before is replaced.

    The plate stays: sightings of one entry add up, so another plate is another entry.

    Raises:
        EntryRefusedError: the entry is not active, the plate differs, nothing changes, or the terms are not allowed.
    """
    _check_living(entry)
    _check_named(actor)
    if entry.status is EntryStatus.PROPOSED:
        msg = f"entry {entry.id} is not approved yet; have it rejected and propose it as it should be"
        raise EntryRefusedError(msg)
    terms = check_terms(terms, rules, now)
    if terms.plate != entry.terms.plate:
        msg = f"entry {entry.id} is about another plate; withdraw it, and propose an entry for {terms.plate}"
        raise EntryRefusedError(msg)
    if terms == entry.terms:
        msg = f"entry {entry.id} says this already; nothing is changed"
        raise EntryRefusedError(msg)
    return msgspec.structs.replace(
        _stepped(entry, StepKind.CHANGE_PROPOSED, actor, now),
        change=ProposedChange(terms=terms, by=actor.name.strip()),
    )


def withdraw(entry: LocalEntry, actor: Actor, reason: str, now: datetime) -> LocalEntry:
    """The entry taken off at once: what is wrong must not go on sounding until a second person is found.

    Raises:
        EntryRefusedError: it is over, no reason is given, or the actor is neither its author nor an administrator.
    """
    _check_living(entry)
    _check_named(actor)
    if actor.role is not Role.ADMINISTRATOR and not actor.is_called(entry.author):
        msg = f"entry {entry.id} is {entry.author}'s; they or an administrator withdraw it"
        raise EntryRefusedError(msg)
    reason = _checked_reason(reason, "withdraw")
    return msgspec.structs.replace(
        _stepped(entry, StepKind.WITHDRAWN, actor, now, reason=reason),
        status=EntryStatus.WITHDRAWN,
        change=None,
        undelivered=entry.undelivered or entry.was_active,
    )


def is_over(entry: LocalEntry, now: datetime) -> bool:
    """Whether the entry lives, and its time is over."""
    return entry.status in LIVING and entry.terms.valid_until <= now


def expire(entry: LocalEntry, actor: Actor, now: datetime) -> LocalEntry:
    """The entry ended by its own time.

    Raises:
        EntryRefusedError: it is valid still, or ended before.
    """
    if not is_over(entry, now):
        msg = f"entry {entry.id} is {entry.status} and not over; withdraw it if it should end"
        raise EntryRefusedError(msg)
    return msgspec.structs.replace(
        _stepped(entry, StepKind.EXPIRED, actor, now),
        status=EntryStatus.EXPIRED,
        change=None,
        undelivered=entry.undelivered or entry.was_active,
    )


def change_to_publish(entry: LocalEntry) -> HotlistChange | None:
    """What pw.hotlist must say of the entry as it stands; None where it never was active.

    The time is that of the last step that changed what is active, so the same state always gives the same record.
    """
    telling = {StepKind.APPROVED, StepKind.CHANGE_APPROVED, StepKind.WITHDRAWN, StepKind.EXPIRED}
    told = [step for step in entry.steps if step.kind in telling]
    if not entry.was_active:
        return None
    kind = ChangeKind.ADDED if entry.status is EntryStatus.ACTIVE else ChangeKind.REMOVED
    return HotlistChange(kind=kind, entry=listed_entry(entry.id, entry.terms), at=told[-1].at, by=told[-1].by)


def _what_waits(entry: LocalEntry) -> tuple[str, EntryTerms]:
    """Author and terms of what waits for approval."""
    if entry.change is not None:
        return entry.change.by, entry.change.terms
    if entry.status is EntryStatus.PROPOSED:
        return entry.author, entry.terms
    msg = f"nothing of entry {entry.id} waits for approval"
    raise EntryRefusedError(msg)


def _check_living(entry: LocalEntry) -> None:
    if entry.status not in LIVING:
        msg = f"entry {entry.id} is {entry.status}; propose a new one"
        raise EntryRefusedError(msg)


def _check_named(actor: Actor) -> None:
    if not actor.is_named:
        msg = "who does this is missing; give a name"
        raise EntryRefusedError(msg)
    if actor.role is Role.AUDITOR:
        msg = f"{actor.name} is an auditor, who looks and changes nothing; ask a member"
        raise EntryRefusedError(msg)


def _check_administrator(actor: Actor, action: str) -> None:
    _check_named(actor)
    if actor.role is not Role.ADMINISTRATOR:
        msg = f"{actor.name} is no administrator; ask one to {action} it"
        raise EntryRefusedError(msg)


def _checked_reason(reason: str, action: str) -> str:
    if not reason.strip():
        msg = f"say why you {action} the entry; the reason is kept in its history"
        raise EntryRefusedError(msg)
    return reason.strip()


def _step(kind: StepKind, at: datetime, actor: Actor, reason: str = "") -> Step:
    return Step(kind=kind, at=at, by=actor.name.strip(), role=actor.role, reason=reason)


def _stepped(entry: LocalEntry, kind: StepKind, actor: Actor, now: datetime, *, reason: str = "") -> LocalEntry:
    # Later than the step before, whatever the clock of this machine says: receivers tell old from new by it.
    at = max(to_milliseconds(now), entry.steps[-1].at + timedelta(milliseconds=1))
    return msgspec.structs.replace(entry, steps=(*entry.steps, _step(kind, at, actor, reason)))
