"""Which step of an alert may follow which, and who may take it: one table. Pure.

    received ──▶ verified ──▶ confirmed ──▶ dispatched ──▶ cleared
       │  │          │  └───▶ not-confirmed ────────────────▲
       │  └──────────┼─(overridden)─▶ dispatched            │
       └─▶ rejected ─┴──────────────────────────────────────┘

    rejected, not-confirmed, cleared ─(reopened)─▶ received

| event | from → to | who |
| --- | --- | --- |
| taken | any but cleared, which stays | whoever handles alerts |
| verified, rejected | received → verified, rejected; and see below | whoever handles alerts |
| confirmed, not-confirmed | verified → confirmed, not-confirmed; and see below | communications center |
| overridden | received, verified, which stays | communications center |
| dispatched | received, verified (both overridden), confirmed → dispatched | communications center |
| cleared | verified, rejected, confirmed, not-confirmed, dispatched → cleared | whoever handles alerts |
| sighted, upgraded | any, which stays | the system |
| reopened | rejected, not-confirmed, cleared → received | the system |
| escalated | received, which stays | the system |

Alerts are handled by dispatchers, patrol, investigators, supervisors and administrators: an officer in the field
compares picture and plate as well (KY-I.2), and clears the stop (KY-I.3). The communications center is dispatchers,
supervisors and administrators: it alone confirms (KY-I.1: an officer *receives* confirmation), overrides and
dispatches (KY-J). Members enter plates and auditors look; neither takes a step.

What an exigent dispatch left out is made up for while it lasts: in `dispatched`, the comparison and the confirmation
are recorded as they would have been, and an answer that disagrees calls it off (rejected, not-confirmed → cleared).

Nothing is cleared out of `received`: the comparison is on record before any other answer (KY-IV.H.1). Cleared is the
end for people. A vehicle that passes again is on record all the same, so that nobody is kept from knowing; whether it
moves anything says `streams.alerts.reopening`. A reopened alert is as one that was just raised: nobody has it, nobody
has compared its picture, and no confirmation or exigent reason of before counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.faults import StreamError
from streams.people import Role
from streams.records import AlertEvent, AlertState

HANDLERS = frozenset({Role.DISPATCHER, Role.PATROL, Role.INVESTIGATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who takes, compares and clears."""

CENTER = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who confirms, overrides and dispatches."""

_ITSELF = frozenset({Role.SYSTEM})


class AlertRefusedError(StreamError):
    """A step of an alert is not allowed; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One event: where it leads from each state that it may follow, and who may bring it about."""

    leads: Mapping[AlertState, AlertState]
    roles: frozenset[Role]


def _staying(*states: AlertState) -> dict[AlertState, AlertState]:
    return {state: state for state in states}


_S = AlertState
_LIVING = tuple(state for state in AlertState if state is not _S.CLEARED)

TABLE: Mapping[AlertEvent, Rule] = {
    AlertEvent.SIGHTED: Rule(_staying(*AlertState), _ITSELF),
    AlertEvent.UPGRADED: Rule(_staying(*AlertState), _ITSELF),
    AlertEvent.REOPENED: Rule(dict.fromkeys((_S.REJECTED, _S.NOT_CONFIRMED, _S.CLEARED), _S.RECEIVED), _ITSELF),
    AlertEvent.ESCALATED: Rule(_staying(_S.RECEIVED), _ITSELF),
    AlertEvent.TAKEN: Rule(_staying(*_LIVING), HANDLERS),
    AlertEvent.VERIFIED: Rule({_S.RECEIVED: _S.VERIFIED} | _staying(_S.DISPATCHED), HANDLERS),
    AlertEvent.REJECTED: Rule({_S.RECEIVED: _S.REJECTED, _S.DISPATCHED: _S.REJECTED}, HANDLERS),
    AlertEvent.CONFIRMED: Rule({_S.VERIFIED: _S.CONFIRMED} | _staying(_S.DISPATCHED), CENTER),
    AlertEvent.NOT_CONFIRMED: Rule({_S.VERIFIED: _S.NOT_CONFIRMED, _S.DISPATCHED: _S.NOT_CONFIRMED}, CENTER),
    AlertEvent.OVERRIDDEN: Rule(_staying(_S.RECEIVED, _S.VERIFIED), CENTER),
    AlertEvent.DISPATCHED: Rule(dict.fromkeys((_S.RECEIVED, _S.VERIFIED, _S.CONFIRMED), _S.DISPATCHED), CENTER),
    AlertEvent.CLEARED: Rule(
        dict.fromkeys((_S.VERIFIED, _S.REJECTED, _S.CONFIRMED, _S.NOT_CONFIRMED, _S.DISPATCHED), _S.CLEARED), HANDLERS
    ),
}
"""All that may follow; `raised` follows nothing."""

_INSTEAD = {
    _S.RECEIVED: "compare picture and wanted plate first, and verify or reject it",
    _S.VERIFIED: "have the record confirmed or not confirmed, or clear it",
    _S.REJECTED: "clear it with its outcome",
    _S.CONFIRMED: "dispatch it, or clear it with its outcome",
    _S.NOT_CONFIRMED: "clear it with its outcome",
    _S.DISPATCHED: "clear it with its outcome",
    _S.CLEARED: "nothing follows, unless the vehicle is seen again: that reopens it, or raises a new alert",
}


def next_state(state: AlertState, event: AlertEvent, role: Role) -> AlertState:
    """Where the event leads.

    Raises:
        AlertRefusedError: it may not follow, or not be brought about by this role.
    """
    rule = TABLE.get(event)
    if rule is None:
        msg = "an alert is raised once, by its hit; nothing raises it again"
        raise AlertRefusedError(msg)
    if role not in rule.roles:
        raise AlertRefusedError(_not_by(role, event, rule.roles))
    if state not in rule.leads:
        msg = f"the alert is {state} and cannot be {event} now; {_INSTEAD[state]}"
        raise AlertRefusedError(msg)
    return rule.leads[state]


def _not_by(role: Role, event: AlertEvent, roles: frozenset[Role]) -> str:
    if roles == _ITSELF:
        return f"that an alert is {event} is recorded by Platewatch itself; no person does it"
    names = [each for each in Role if each in roles]
    return f"an alert cannot be {event} in the role {role}; ask a {', '.join(names[:-1])} or {names[-1]}"
