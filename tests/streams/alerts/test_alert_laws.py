"""Whatever people do with an alert, in whichever order and role, these laws hold."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from infra.settings.alerts import AlertSettings
from streams.alerts.escalation import escalate, is_unattended
from streams.alerts.growth import grow
from streams.alerts.steps import clear, confirm, dispatch, not_confirm, override, reject, take, verify
from streams.alerts.transitions import AlertRefusedError
from streams.codec import decode, encode
from streams.people import Actor, Role
from streams.records import (
    Alert,
    AlertEvent,
    AlertPurpose,
    AlertState,
    AlertStep,
    ClearedOutcome,
    Comparison,
    Outcome,
)
from tests.alert_builders import DISPATCHER, OTHER_DISPATCHER, build_sighting
from tests.builders import build_alert, build_hit, moment

CLOSING = {AlertEvent.REJECTED, AlertEvent.NOT_CONFIRMED, AlertEvent.CLEARED}
ESCALATION = AlertSettings(escalate_after_s=60)

# Mostly people who may, and what is in order: else no alert would come far.
anybody = st.builds(Actor, st.sampled_from(["Lane", " "]), st.sampled_from(Role))
people = st.one_of(st.just(DISPATCHER), st.just(OTHER_DISPATCHER), anybody)
comparisons = st.builds(
    Comparison,
    plate_read=st.sampled_from(["ABC123", "abc-123", "ABC 123", "A8C123", "AB?123", ""]),
    state_agrees=st.sampled_from([True, True, False]),
    vehicle_agrees=st.sampled_from([True, True, False]),
)
reasons = st.sampled_from(["why", "why not", " "])
clocks = st.floats(-600, 600)


class AlertLife(RuleBasedStateMachine):
    """One alert, and all that it has been."""

    @initialize(
        outcome=st.sampled_from(Outcome),
        late=st.booleans(),
        purpose=st.sampled_from([AlertPurpose.ACTUAL, AlertPurpose.ACTUAL, AlertPurpose.EXERCISE]),
    )
    def is_raised(self, outcome: Outcome, late: bool, purpose: AlertPurpose) -> None:
        self.states = [build_alert(hit=build_hit(outcome=outcome, late=late), purpose=purpose)]

    @rule(actor=people, at_s=clocks)
    def is_taken(self, actor: Actor, at_s: float) -> None:
        self.try_to(lambda alert: take(alert, actor, moment(at_s)))

    @rule(actor=people, seen=comparisons, at_s=clocks)
    def is_verified(self, actor: Actor, seen: Comparison, at_s: float) -> None:
        self.try_to(lambda alert: verify(alert, actor, seen, moment(at_s)))

    @rule(actor=people, seen=comparisons, reason=reasons, at_s=clocks)
    def is_rejected(self, actor: Actor, seen: Comparison, reason: str, at_s: float) -> None:
        self.try_to(lambda alert: reject(alert, actor, seen, reason=reason, now=moment(at_s)))

    @rule(actor=people, at_s=clocks)
    def is_confirmed(self, actor: Actor, at_s: float) -> None:
        self.try_to(lambda alert: confirm(alert, actor, moment(at_s)))

    @rule(actor=people, reason=reasons, at_s=clocks)
    def is_not_confirmed(self, actor: Actor, reason: str, at_s: float) -> None:
        self.try_to(lambda alert: not_confirm(alert, actor, reason=reason, now=moment(at_s)))

    @rule(actor=people, reason=reasons, at_s=clocks)
    def is_overridden(self, actor: Actor, reason: str, at_s: float) -> None:
        self.try_to(lambda alert: override(alert, actor, reason=reason, now=moment(at_s)))

    @rule(actor=people, at_s=clocks)
    def is_dispatched(self, actor: Actor, at_s: float) -> None:
        self.try_to(lambda alert: dispatch(alert, actor, moment(at_s)))

    @rule(actor=people, outcome=st.sampled_from(ClearedOutcome), reason=reasons, at_s=clocks)
    def is_cleared(self, actor: Actor, outcome: ClearedOutcome, reason: str, at_s: float) -> None:
        self.try_to(lambda alert: clear(alert, actor, outcome, reason=reason, now=moment(at_s)))

    @rule(at_s=clocks)
    def is_escalated(self, at_s: float) -> None:
        if is_unattended(self.states[-1], ESCALATION, moment(at_s)):
            self.states.append(escalate(self.states[-1], moment(at_s)))

    @rule(
        newer=st.integers(-1, 2),
        outcome=st.sampled_from(Outcome),
        plate=st.sampled_from(["ABC123", "A8C123"]),
        at_s=clocks,
        alone=st.sampled_from([*Outcome, None]),
    )
    def grows(self, *, newer: int, outcome: Outcome, plate: str, at_s: float, alone: Outcome | None) -> None:
        hit = self.states[-1].hit
        revision = max(1, hit.revision + newer)
        # The same pass may come again, as a better look at it does.
        sightings = (*hit.sightings, build_sighting(plate, at_s, outcome=alone))
        bigger = msgspec.structs.replace(hit, revision=revision, outcome=outcome, sightings=sightings)
        grown = grow(self.states[-1], bigger)
        assert (grown is None) == (revision <= hit.revision)
        if grown is not None:
            self.states.append(grown)

    def try_to(self, step: Callable[[Alert], Alert]) -> None:
        try:
            self.states.append(step(self.states[-1]))
        except AlertRefusedError:
            return

    @invariant()
    def revisions_steps_and_times_only_rise(self) -> None:
        alert = self.states[-1]
        assert [state.revision for state in self.states] == list(range(1, len(self.states) + 1))
        assert len(alert.steps) == alert.revision
        assert all(after.steps[:-1] == before.steps for before, after in self.pairs())
        assert all(one.at < next_.at for one, next_ in zip(alert.steps, alert.steps[1:], strict=False))

    @invariant()
    def nobody_dispatches_a_possible_hit_that_no_person_read(self) -> None:
        for before, after in self.pairs():
            if after.steps[-1].event is AlertEvent.DISPATCHED and before.hit.outcome is Outcome.POSSIBLE:
                assert before.is_verified

    @invariant()
    def nothing_is_dispatched_that_is_neither_verified_and_confirmed_nor_overridden_with_a_reason(self) -> None:
        for life in self.lives():
            events = [step.event for step in life]
            if AlertEvent.DISPATCHED in events:
                before = life[: events.index(AlertEvent.DISPATCHED)]
                done = {step.event for step in before}
                exigent = any(step.event is AlertEvent.OVERRIDDEN and step.reason.strip() for step in before)
                assert exigent or {AlertEvent.VERIFIED, AlertEvent.CONFIRMED} <= done

    @invariant()
    def cleared_is_the_end_unless_the_vehicle_is_seen_again_and_has_its_outcome_and_reason(self) -> None:
        for before, after in self.pairs():
            if before.state is AlertState.CLEARED and after.steps[-1].event is not AlertEvent.REOPENED:
                assert after.steps[-1].event in {AlertEvent.SIGHTED, AlertEvent.UPGRADED}
                assert (after.state, after.outcome) == (AlertState.CLEARED, before.outcome)
        for alert in self.states:
            assert (alert.outcome is not None) == (alert.state is AlertState.CLEARED)
        assert all(step.reason.strip() for step in self.states[-1].steps if step.event is AlertEvent.CLEARED)

    @invariant()
    def what_was_closed_unfound_and_is_seen_again_calls_anew_and_what_ended_well_never(self) -> None:
        for before, after in self.pairs():
            known = {before.hit.match.detection.id, *(sighting.detection for sighting in before.hit.sightings)}
            is_new = any(sighting.detection not in known for sighting in after.hit.sightings)
            is_back = after.steps[-1].event is AlertEvent.REOPENED
            if is_back:
                closed_at = [step.at for step in before.steps if step.event in CLOSING][-1]
                assert is_new or any(sighting.captured_at > closed_at for sighting in after.hit.sightings)
                assert before.state in {AlertState.REJECTED, AlertState.NOT_CONFIRMED, AlertState.CLEARED}
                assert before.outcome not in {
                    ClearedOutcome.ARREST, ClearedOutcome.RECOVERY, ClearedOutcome.CITATION,
                    ClearedOutcome.EXPIRED_ENTRY,
                }  # fmt: skip
                assert (after.state, after.taken_by, after.outcome) == (AlertState.RECEIVED, "", None)
                assert not after.is_verified
            elif is_new and before.state is AlertState.CLEARED and before.is_verified:
                assert before.outcome not in {ClearedOutcome.NOT_LOCATED, ClearedOutcome.NO_ACTION}
            elif is_new:
                assert before.state is not AlertState.NOT_CONFIRMED

    @invariant()
    def a_verdict_on_the_picture_is_given_once_each_time_it_calls_and_has_its_comparison(self) -> None:
        verdicts = {AlertEvent.VERIFIED, AlertEvent.REJECTED}
        for life in self.lives():
            given = [step for step in life if step.event in verdicts]
            assert len(given) <= 1
            assert all((step.comparison is not None) == (step in given) for step in life)

    @invariant()
    def every_step_says_how_sure_the_hit_was_and_every_clearing_how_it_ended(self) -> None:
        for alert in self.states[1:]:
            step = alert.steps[-1]
            assert step.hit_outcome is alert.hit.outcome
            assert step.outcome is (alert.outcome if step.event is AlertEvent.CLEARED else None)

    @invariant()
    def every_step_is_of_somebody_who_may_take_it(self) -> None:
        for step in self.states[-1].steps:
            assert step.by.strip()
            by_itself = step.event in {
                AlertEvent.RAISED, AlertEvent.SIGHTED, AlertEvent.UPGRADED, AlertEvent.REOPENED, AlertEvent.ESCALATED,
            }  # fmt: skip
            assert by_itself == (step.role == Role.SYSTEM)
            assert step.role not in {Role.AUDITOR, Role.MEMBER}

    @invariant()
    def it_reads_as_it_was_written(self) -> None:
        alert = self.states[-1]
        assert decode(Alert, encode(alert)).record == alert

    def lives(self) -> list[list[AlertStep]]:
        """The steps of each time that people were called to it: nothing of one counts in the next."""
        lives: list[list[AlertStep]] = [[]]
        for step in self.states[-1].steps:
            if step.event is AlertEvent.REOPENED:
                lives.append([])
            lives[-1].append(step)
        return lives

    def pairs(self) -> list[tuple[Alert, Alert]]:
        return list(zip(self.states, self.states[1:], strict=False))


TestAlertLife = AlertLife.TestCase
TestAlertLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
