"""People around alerts, alerts in each state, and a system of record in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from streams.alerts.document import alert_document, first_seen_at
from streams.alerts.query import AlertQuery
from streams.alerts.steps import clear, confirm, dispatch, not_confirm, override, reject, verify
from streams.alerts.store import AlertChangedError, NoSuchAlertError, StoredAlert
from streams.people import Actor, Role
from streams.records import Alert, AlertState, ClearedOutcome, Comparison, Hit, HitSighting, Outcome
from tests.builders import build_alert, build_hit, moment

DISPATCHER = Actor("Dispatcher Reed", Role.DISPATCHER)
OTHER_DISPATCHER = Actor("Dispatcher Cole", Role.DISPATCHER)
PATROL = Actor("Officer Lane", Role.PATROL)

AGREES = Comparison(plate_read="ABC123", state_agrees=True, vehicle_agrees=True)
DIFFERS = Comparison(plate_read="A8C123", state_agrees=True, vehicle_agrees=True)


def build_sighting(plate: str = "ABC123", at_s: float = 0.0, **changes: Any) -> HitSighting:
    """One pass by camera `gate`."""
    sighting = HitSighting(
        detection=f"pass-{plate}-{at_s:g}", plate=plate, camera="gate", captured_at=moment(at_s), probability=0.95
    )
    return msgspec.structs.replace(sighting, **changes)


def build_possible(**changes: Any) -> Alert:
    """An alert that does not sound: its hit is only possible."""
    return build_alert(hit=build_hit(outcome=Outcome.POSSIBLE), **changes)


def grown_hit(alert: Alert, at_s: float = 60.0, **changes: Any) -> Hit:
    """The alert's hit with one sighting more."""
    sightings = (*alert.hit.sightings, build_sighting(at_s=at_s))
    return msgspec.structs.replace(
        alert.hit, **({"revision": alert.hit.revision + 1, "sightings": sightings} | changes)
    )


def build_in(state: AlertState) -> Alert:
    """An alert on the straight way to that state."""
    received = build_alert()
    verified = verify(received, DISPATCHER, AGREES, moment(10))
    confirmed = confirm(verified, DISPATCHER, moment(20))
    dispatched = dispatch(confirmed, DISPATCHER, moment(30))
    return {
        AlertState.RECEIVED: received,
        AlertState.VERIFIED: verified,
        AlertState.REJECTED: reject(received, DISPATCHER, DIFFERS, reason="an 8, no B", now=moment(10)),
        AlertState.CONFIRMED: confirmed,
        AlertState.NOT_CONFIRMED: not_confirm(verified, DISPATCHER, reason="withdrawn today", now=moment(20)),
        AlertState.DISPATCHED: dispatched,
        AlertState.CLEARED: clear(
            dispatched, PATROL, ClearedOutcome.ARREST, reason="driver in custody", now=moment(40)
        ),
    }[state]


def build_dispatched_unseen() -> Alert:
    """An alert that exigent circumstances sent out before anybody compared anything."""
    overridden = override(build_alert(), DISPATCHER, reason="child in the vehicle", now=moment(10))
    return dispatch(overridden, DISPATCHER, moment(11))


class MemoryStore:
    """Keeps alerts as Elasticsearch does: whoever writes over what has changed is refused.

    Args:
        clock: tells when something was written.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.stored: dict[str, StoredAlert] = {}
        self.before_write: Callable[[Alert], None] | None = None
        """Called before each write, so that a test can be faster than the writer, or end it."""
        self._written_at: dict[str, datetime] = {}
        self._clock = clock
        self._writes = 0

    def put(self, alert: Alert, *, unpublished: bool = False) -> StoredAlert:
        """Write without asking, as somebody else would."""
        self._writes += 1
        self.stored[alert.id] = StoredAlert(alert, unpublished, self._writes, 1)
        self._written_at[alert.id] = self._clock()
        return self.stored[alert.id]

    async def get(self, alert_id: str) -> StoredAlert:
        if alert_id not in self.stored:
            raise NoSuchAlertError(alert_id)
        return self.stored[alert_id]

    async def write(self, alert: Alert, over: StoredAlert, *, unpublished: bool, refresh: bool = False) -> StoredAlert:
        if self.before_write is not None:
            self.before_write(alert)
        if self.stored.get(alert.id) != over:
            raise AlertChangedError(alert.id)
        return self.put(alert, unpublished=unpublished)

    async def search(self, query: AlertQuery) -> list[StoredAlert]:
        found = [one for one in self.stored.values() if not query.states or one.alert.state in query.states]
        return found[: query.limit]

    async def unpublished(self, written_before: datetime) -> list[StoredAlert]:
        marked = [one for one in self.stored.values() if one.unpublished]
        return [one for one in marked if self._written_at[one.alert.id] <= written_before]

    async def unattended(self, raised_before: datetime) -> list[StoredAlert]:
        return [one for one in self.stored.values() if _is_candidate(one.alert, raised_before)]

    async def delete_older(self, than: datetime) -> int:
        old = [key for key, one in self.stored.items() if first_seen_at(one.alert) < than]
        for key in old:
            del self.stored[key]
        return len(old)


def _is_candidate(alert: Alert, raised_before: datetime) -> bool:
    document = alert_document(alert, unpublished=False, written_at=alert.raised_at)
    wanted = {"state": AlertState.RECEIVED, "sounds": True, "taken_by": "", "escalated": False}
    return alert.raised_at <= raised_before and all(document[name] == value for name, value in wanted.items())
