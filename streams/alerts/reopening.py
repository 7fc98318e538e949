"""Whether a vehicle that passes again calls people anew, though its alert is closed. Pure.

All sightings of an entry within the window are one hit, hence one alert, for up to an hour. So a wanted vehicle that
was not found and passes the next camera five minutes later must bring its alert back: nothing else would call anybody.
And a misread that passes camera after camera must not: whoever is called by it each time no longer listens.

| how the alert was closed | what brings it back, of sightings that came after that |
| --- | --- |
| cleared as not-located, no-action | any: it is the wanted vehicle, nobody has it, and now there is where to look |
| not-confirmed | any: perhaps nobody could say; who knows that the record is withdrawn clears it as expired-entry |
| rejected; cleared as misread, wrong-state, wrong-vehicle | one by which the hit is surer by a grade than when it was \
closed, or that was read as another plate and is likely alone; the same read again is the same mistake again |
| cleared as arrest, recovery, citation | none: the vehicle was stopped or is in custody, and is seen being towed |
| cleared as expired-entry | none: it is wanted no more |

Once it is rejected, that it is cleared as not-located or no-action does not make it the wanted vehicle. A better look
at a pass that people knew is no sighting: they saw its picture. A sighting that comes in late counts, whenever it was
captured: whoever closed the alert did not know of it. An alert that is back is closed again by people, so none calls
faster than they answer; a further sighting in between is merely `sighted`.
"""

from __future__ import annotations

from collections.abc import Sequence

from recognizers.fold import normalise
from streams.alerts.history import was
from streams.alerts.transitions import TABLE
from streams.records import Alert, AlertEvent, AlertStep, ClearedOutcome, Hit, HitSighting, Outcome

_CLOSING = frozenset({AlertEvent.REJECTED, AlertEvent.NOT_CONFIRMED, AlertEvent.CLEARED})

_FOR_GOOD = frozenset(
    {ClearedOutcome.ARREST, ClearedOutcome.RECOVERY, ClearedOutcome.CITATION, ClearedOutcome.EXPIRED_ENTRY}
)
_NOT_THE_WANTED_ONE = frozenset({ClearedOutcome.MISREAD, ClearedOutcome.WRONG_STATE, ClearedOutcome.WRONG_VEHICLE})

_GRADES = (Outcome.POSSIBLE, Outcome.LIKELY, Outcome.EXACT)
"""The surest last."""


def reason_to_reopen(alert: Alert, hit: Hit) -> str | None:
    """Why the alert is to be brought back now that its hit has grown to this one; None where it is not.

    As in "seen again … after it was cleared as not located, now at north-3".
    """
    if alert.state not in TABLE[AlertEvent.REOPENED].leads or alert.outcome in _FOR_GOOD:
        return None
    closing = next(step for step in reversed(alert.steps) if step.event in _CLOSING)
    new = _new_sightings(alert.hit, hit, closing)
    if not new:
        return None
    after = f"after it was {_as_closed(closing)}, now at"
    if not (was(alert, AlertEvent.REJECTED) or alert.outcome in _NOT_THE_WANTED_ONE):
        return f"{after} {new[-1].camera}"
    if _grade(hit.outcome) > _grade(closing.hit_outcome or alert.hit.outcome):
        return f"{after} {new[-1].camera} and {hit.outcome}"
    other = _read_otherwise(new, _plates_before(alert.hit, closing))
    return f"{after} {other.camera} and read as {other.plate}" if other else None


def _as_closed(closing: AlertStep) -> str:
    how = f"{closing.event} as {closing.outcome}" if closing.outcome else closing.event
    return how.replace("-", " ")


def _new_sightings(before: Hit, now: Hit, closing: AlertStep) -> list[HitSighting]:
    """What people did not know of. A pass is told before it is over: its last look may be the one that matters."""
    known = {before.match.detection.id, *(sighting.detection for sighting in before.sightings)}
    return [one for one in now.sightings if one.detection not in known or one.captured_at > closing.at]


def _plates_before(hit: Hit, closing: AlertStep) -> set[str]:
    """As they were read, of the passes that people could see when they closed the alert."""
    detection = hit.match.detection
    read = [(detection.plate, detection.captured_at), *((one.plate, one.captured_at) for one in hit.sightings)]
    return {normalise(plate) for plate, captured_at in read if captured_at <= closing.at}


def _read_otherwise(new: Sequence[HitSighting], rejected: set[str]) -> HitSighting | None:
    likely = (one for one in reversed(new) if one.outcome in {Outcome.LIKELY, Outcome.EXACT})
    return next((one for one in likely if normalise(one.plate) not in rejected), None)


def _grade(outcome: Outcome) -> int:
    return _GRADES.index(outcome)
