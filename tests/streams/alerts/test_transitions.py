"""Every state with every event and role of an alert, against a list that was written by hand from the policy."""

from __future__ import annotations

from itertools import product

import pytest

from streams.alerts.transitions import AlertRefusedError, next_state
from streams.people import Role
from streams.records import AlertEvent, AlertState

LETTERS = {
    "d": Role.DISPATCHER,
    "p": Role.PATROL,
    "i": Role.INVESTIGATOR,
    "s": Role.SUPERVISOR,
    "a": Role.ADMINISTRATOR,
    "x": Role.SYSTEM,
}

# state, event, where it leads, by whom. What does not stand here is refused; members and auditors stand nowhere.
ALLOWED = """
received       taken          received       dpisa
received       verified       verified       dpisa
received       rejected       rejected       dpisa
received       overridden     received       dsa
received       dispatched     dispatched     dsa
received       sighted        received       x
received       upgraded       received       x
received       escalated      received       x
verified       taken          verified       dpisa
verified       confirmed      confirmed      dsa
verified       not-confirmed  not-confirmed  dsa
verified       overridden     verified       dsa
verified       dispatched     dispatched     dsa
verified       cleared        cleared        dpisa
verified       sighted        verified       x
verified       upgraded       verified       x
rejected       taken          rejected       dpisa
rejected       cleared        cleared        dpisa
rejected       sighted        rejected       x
rejected       upgraded       rejected       x
rejected       reopened       received       x
confirmed      taken          confirmed      dpisa
confirmed      dispatched     dispatched     dsa
confirmed      cleared        cleared        dpisa
confirmed      sighted        confirmed      x
confirmed      upgraded       confirmed      x
not-confirmed  taken          not-confirmed  dpisa
not-confirmed  cleared        cleared        dpisa
not-confirmed  sighted        not-confirmed  x
not-confirmed  upgraded       not-confirmed  x
not-confirmed  reopened       received       x
dispatched     taken          dispatched     dpisa
dispatched     verified       dispatched     dpisa
dispatched     rejected       rejected       dpisa
dispatched     confirmed      dispatched     dsa
dispatched     not-confirmed  not-confirmed  dsa
dispatched     cleared        cleared        dpisa
dispatched     sighted        dispatched     x
dispatched     upgraded       dispatched     x
cleared        sighted        cleared        x
cleared        upgraded       cleared        x
cleared        reopened       received       x
"""


def allowed() -> dict[tuple[str, str, Role], str]:
    lines = [line.split() for line in ALLOWED.split("\n") if line]
    return {(state, event, LETTERS[letter]): to for state, event, to, letters in lines for letter in letters}


EXPECTED = allowed()


@pytest.mark.parametrize(("state", "event", "role"), list(product(AlertState, AlertEvent, Role)))
def test_each_step_leads_where_the_policy_says_or_is_refused(state: AlertState, event: AlertEvent, role: Role) -> None:
    expected = EXPECTED.get((state, event, role))
    if expected is None:
        with pytest.raises(AlertRefusedError):
            next_state(state, event, role)
    else:
        assert next_state(state, event, role) == expected


def test_the_list_names_what_there_is() -> None:
    assert {state for state, _, _ in EXPECTED} | set(EXPECTED.values()) == set(AlertState)
    assert {event for _, event, _ in EXPECTED} == set(AlertEvent) - {AlertEvent.RAISED}
    assert {role for _, _, role in EXPECTED} == set(Role) - {Role.MEMBER, Role.AUDITOR}


@pytest.mark.policy("KY-J.2")
def test_only_the_communications_center_dispatches_and_only_what_was_confirmed_or_may_be_overridden() -> None:
    ways = {(state, role) for state, event, role in EXPECTED if event == "dispatched"}
    center = (Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR)
    assert ways == set(product(("received", "verified", "confirmed"), center))


@pytest.mark.parametrize(
    ("state", "event", "role", "said"),
    [
        pytest.param(
            AlertState.RECEIVED, AlertEvent.CONFIRMED, Role.PATROL,
            r"cannot be confirmed in the role patrol; ask a dispatcher, supervisor or administrator", id="role",
        ),
        pytest.param(
            AlertState.RECEIVED, AlertEvent.CLEARED, Role.DISPATCHER,
            r"is received and cannot be cleared now; compare picture and wanted plate first", id="state",
        ),
        pytest.param(AlertState.CLEARED, AlertEvent.TAKEN, Role.PATROL, "is cleared .*; nothing follows", id="over"),
        pytest.param(AlertState.RECEIVED, AlertEvent.ESCALATED, Role.DISPATCHER, "by Platewatch itself", id="system"),
        pytest.param(AlertState.RECEIVED, AlertEvent.RAISED, Role.SYSTEM, "raised once", id="raised"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_what_to_do(state: AlertState, event: AlertEvent, role: Role, said: str) -> None:
    with pytest.raises(AlertRefusedError, match=said):
        next_state(state, event, role)
