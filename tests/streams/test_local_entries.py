from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import decode, encode
from streams.entry_terms import EntryRefusedError
from streams.local_entries import (
    EntryStatus,
    LocalEntry,
    StepKind,
    approve,
    change_to_publish,
    expire,
    is_over,
    propose,
    propose_change,
    reject,
    withdraw,
)
from streams.people import Actor, Role
from streams.records import ChangeKind
from tests.builders import moment
from tests.local_entry_builders import (
    CHIEF,
    DAY_S,
    DEPUTY,
    MEMBER,
    RULES,
    build_active,
    build_proposed,
    build_terms,
)

NEWER = build_terms(instructions="call the detective first")


def changed(entry: LocalEntry, actor: Actor = MEMBER, at_s: float = 120) -> LocalEntry:
    return propose_change(entry, NEWER, actor, rules=RULES, now=moment(at_s))


@pytest.mark.policy("KY-I.5")
def test_an_entry_is_active_only_after_another_administrator_approved_it() -> None:
    proposed = build_proposed()
    assert proposed.status is EntryStatus.PROPOSED
    assert change_to_publish(proposed) is None
    active = approve(proposed, CHIEF, RULES, moment(60))
    told = change_to_publish(active)
    assert (active.status, active.undelivered, active.active_since) == (EntryStatus.ACTIVE, True, moment(60))
    assert told is not None
    assert (told.kind, told.entry.id, told.by, told.at) == (ChangeKind.ADDED, active.id, "Chief Moreno", moment(60))


@pytest.mark.policy("KY-I.5")
@pytest.mark.parametrize(
    ("approver", "said"),
    [
        pytest.param(MEMBER, "is no administrator", id="author-who-is-a-member"),
        pytest.param(Actor("Officer Diaz", Role.MEMBER), "is no administrator", id="other-member"),
        pytest.param(Actor("Officer Lane", Role.ADMINISTRATOR), "another administrator than its author", id="author"),
        pytest.param(Actor(" officer  LANE", Role.ADMINISTRATOR), "another administrator", id="author-spelt-otherwise"),
        pytest.param(Actor(" ", Role.ADMINISTRATOR), "who does this is missing", id="nobody"),
    ],
)
def test_nobody_else_approves_it(approver: Actor, said: str) -> None:
    with pytest.raises(EntryRefusedError, match=said):
        approve(build_proposed(), approver, RULES, moment(60))


def test_an_auditor_proposes_nothing() -> None:
    with pytest.raises(EntryRefusedError, match="is an auditor, who looks and changes nothing"):
        propose(build_terms(), Actor("Auditor Webb", Role.AUDITOR), RULES, moment())


@pytest.mark.policy("KY-I.5")
def test_the_entering_member_does_not_approve_what_another_typed_for_them() -> None:
    proposed = propose(build_terms(entered_by="Chief Moreno"), MEMBER, RULES, moment())
    with pytest.raises(EntryRefusedError, match="another administrator"):
        approve(proposed, CHIEF, RULES, moment(60))
    assert approve(proposed, DEPUTY, RULES, moment(60)).status is EntryStatus.ACTIVE


@pytest.mark.policy("KY-I.5")
def test_a_change_is_in_force_only_after_approval_and_until_then_what_was_approved_is() -> None:
    active = build_active()
    waiting = changed(active, CHIEF)
    told = change_to_publish(waiting)
    assert (waiting.terms, waiting.waits) == (active.terms, True)
    assert told is not None
    assert told.entry.instructions == "do not stop alone"
    with pytest.raises(EntryRefusedError, match="another administrator"):
        approve(waiting, CHIEF, RULES, moment(180))
    in_force = approve(waiting, DEPUTY, RULES, moment(180))
    told = change_to_publish(in_force)
    assert told is not None
    assert (told.entry.instructions, told.at, in_force.waits) == ("call the detective first", moment(180), False)
    assert in_force.active_since == active.active_since


def test_a_rejected_change_leaves_what_was_approved_and_tells_nobody_anything_new() -> None:
    active = msgspec.structs.replace(build_active(), undelivered=False)
    left = reject(changed(active), DEPUTY, "not needed", moment(180))
    assert (left.status, left.terms, left.change, left.undelivered) == (EntryStatus.ACTIVE, active.terms, None, False)
    assert change_to_publish(left) == change_to_publish(active)


def test_a_rejected_entry_never_was_active() -> None:
    rejected = reject(build_proposed(), CHIEF, "wrong plate", moment(60))
    assert (rejected.status, rejected.steps[-1].reason) == (EntryStatus.REJECTED, "wrong plate")
    assert change_to_publish(rejected) is None
    assert not rejected.undelivered


@pytest.mark.parametrize(
    ("entry", "undelivered"),
    [pytest.param(build_active(), True, id="active"), pytest.param(build_proposed(), False, id="proposed")],
)
def test_a_withdrawal_takes_force_at_once(entry: LocalEntry, undelivered: bool) -> None:
    gone = withdraw(entry, MEMBER, "recovered", moment(300))
    told = change_to_publish(gone)
    assert (gone.status, gone.undelivered) == (EntryStatus.WITHDRAWN, undelivered)
    assert (told.kind if told else None) == (ChangeKind.REMOVED if undelivered else None)


@pytest.mark.parametrize("actor", [MEMBER, CHIEF, DEPUTY])
def test_its_author_or_an_administrator_withdraws_it(actor: Actor) -> None:
    assert withdraw(build_active(), actor, "recovered", moment(300)).status is EntryStatus.WITHDRAWN


def test_another_member_does_not_withdraw_it() -> None:
    with pytest.raises(EntryRefusedError, match="Officer Lane's"):
        withdraw(build_active(), Actor("Officer Diaz", Role.MEMBER), "recovered", moment(300))


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda entry: withdraw(entry, MEMBER, " ", moment(60)), id="withdraw"),
        pytest.param(lambda entry: reject(entry, CHIEF, "", moment(60)), id="reject"),
    ],
)
def test_who_ends_something_says_why(step: Callable[[LocalEntry], LocalEntry]) -> None:
    with pytest.raises(EntryRefusedError, match="say why"):
        step(build_proposed())


def test_an_entry_ends_by_its_own_time_and_only_then() -> None:
    active = build_active()
    with pytest.raises(EntryRefusedError, match="not over"):
        expire(active, CHIEF, moment(10 * DAY_S - 1))
    assert is_over(active, moment(10 * DAY_S))
    over = expire(active, CHIEF, moment(10 * DAY_S))
    told = change_to_publish(over)
    assert over.status is EntryStatus.EXPIRED
    assert told is not None
    assert told.kind is ChangeKind.REMOVED
    assert not is_over(over, moment(11 * DAY_S))


def test_an_entry_that_was_over_before_anyone_approved_it_stays_inactive() -> None:
    with pytest.raises(EntryRefusedError, match="give a later end"):
        approve(build_proposed(), CHIEF, RULES, moment(11 * DAY_S))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param(lambda: approve(build_active(), DEPUTY, RULES, moment(90)), "nothing .* waits", id="approve"),
        pytest.param(lambda: reject(build_active(), DEPUTY, "no", moment(90)), "nothing .* waits", id="reject"),
        pytest.param(lambda: changed(build_proposed()), "not approved yet", id="change-before-approval"),
        pytest.param(
            lambda: propose_change(build_active(), build_terms("XYZ987"), MEMBER, rules=RULES, now=moment(90)),
            "another plate", id="another-plate",
        ),
        pytest.param(
            lambda: propose_change(build_active(), build_terms(), MEMBER, rules=RULES, now=moment(90)),
            "says this already", id="no-change",
        ),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_is_refused(step: Callable[[], LocalEntry], said: str) -> None:
    with pytest.raises(EntryRefusedError, match=said):
        step()


STEPS: dict[str, Callable[[LocalEntry, Actor, datetime], LocalEntry]] = {
    "approve": lambda entry, actor, now: approve(entry, actor, RULES, now),
    "reject": lambda entry, actor, now: reject(entry, actor, "why", now),
    "change": lambda entry, actor, now: propose_change(
        entry, build_terms(instructions=now.isoformat(), entered_by=actor.name), actor, rules=RULES, now=now
    ),
    "withdraw": lambda entry, actor, now: withdraw(entry, actor, "why", now),
    "expire": expire,
}

people = st.sampled_from([MEMBER, CHIEF, DEPUTY, Actor("officer lane", Role.ADMINISTRATOR)])
paths = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), people, st.floats(-3600, 11 * DAY_S)), min_size=1, max_size=12
)


def walk(path: list[tuple[str, Actor, float]], author: Actor) -> list[LocalEntry]:
    """All states of an entry on a path; steps that are refused change nothing."""
    states = [propose(build_terms(entered_by=author.name), author, RULES, moment())]
    for name, actor, at_s in path:
        try:
            states.append(STEPS[name](states[-1], actor, moment(at_s)))
        except EntryRefusedError:
            continue
    return states


@pytest.mark.policy("KY-I.5")
@given(path=paths, author=people)
def test_whatever_is_done_nothing_is_in_force_that_no_other_administrator_approved(
    path: list[tuple[str, Actor, float]], author: Actor
) -> None:
    states = walk(path, author)
    for before, after in pairwise(states):
        told_before, told = change_to_publish(before), change_to_publish(after)
        if told is None or told.kind is ChangeKind.REMOVED or told == told_before:
            continue
        # What is in force has changed, so this step was an approval, by an administrator, of another's terms.
        step = after.steps[-1]
        proposer = before.change.by if before.change else before.author
        assert step.kind in {StepKind.APPROVED, StepKind.CHANGE_APPROVED}
        assert step.role == Role.ADMINISTRATOR
        assert step.by.casefold() not in {proposer.casefold(), after.terms.entered_by.casefold()}


@given(path=paths, author=people)
def test_whatever_is_done_the_history_only_grows_and_its_times_never_stand_still(
    path: list[tuple[str, Actor, float]], author: Actor
) -> None:
    states = walk(path, author)
    for before, after in pairwise(states):
        assert after.steps[:-1] == before.steps
        assert after.steps[-1].at > before.steps[-1].at
        assert before.status in {EntryStatus.PROPOSED, EntryStatus.ACTIVE}


@given(path=paths, author=people)
def test_whatever_changes_for_the_matching_is_marked_for_delivery(
    path: list[tuple[str, Actor, float]], author: Actor
) -> None:
    states = walk(path, author)
    for before, after in pairwise(states):
        if change_to_publish(before) != change_to_publish(after):
            assert after.undelivered
    assert [decode(LocalEntry, encode(state)).record for state in states] == states
