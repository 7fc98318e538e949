"""Which revisions of which alerts a subscriber asked for. Pure.

What is chosen of the alert itself (category, list, priority, the time at which it was raised, where it was seen) does
not change in its life, or only grows: whoever was told of an alert hears how it ends. The outcome is that of now: an
alert that was merely possible and is likely by a further sighting is news to those who asked for likely ones. A better
look can also make a likely one possible; whoever remembers who was told of it goes by `asks_for_event` alone then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.delivery.areas import is_inside
from streams.delivery.subscription import (
    TOLD_BY_DEFAULT,
    AlertChoice,
    Circle,
    Polygon,
    Schedule,
    Shift,
    Subscription,
    Weekday,
)
from streams.records import Alert, AlertEvent, GeoPoint, Outcome

_DAYS = tuple(Weekday)
_PATTERNS = 4096
"""Compiled names of cameras that are kept: some dozens for each subscriber."""


def wants(subscription: Subscription, alert: Alert) -> bool:
    """Whether the subscriber is to be told of this revision of the alert."""
    return (
        not subscription.disabled_because
        and concerns(subscription.choice, alert)
        and asks_for_event(subscription.choice, alert)
    )


def concerns(choice: AlertChoice, alert: Alert) -> bool:
    """Whether the alert, as it is now, is one of those that were chosen, whatever has just happened to it."""
    entry = alert.hit.match.entry
    return (
        alert.priority <= choice.least_urgent
        and _allows(choice.categories, entry.category)
        and _allows(choice.hotlists, entry.hotlist)
        and _allows_outcome(choice.outcomes, alert)
        and (_is_everywhere(choice) or bool(_sightings_chosen(choice, alert)))
        and (choice.schedule is None or is_within(choice.schedule, alert.raised_at))
    )


def asks_for_event(choice: AlertChoice, alert: Alert) -> bool:
    """Whether what made this revision was chosen.

    Whoever asked to hear of alerts that are raised also hears of one that becomes theirs later: upgraded to an outcome
    that they chose, or seen for the first time at a place that they chose.
    """
    events = chosen_events(choice)
    event = alert.steps[-1].event
    return event in events or (AlertEvent.RAISED in events and _became_theirs(choice, alert, event))


def chosen_events(choice: AlertChoice) -> frozenset[AlertEvent]:
    """What a subscriber hears of whatever becomes of the alert.

    A reopened alert is told to whoever asked for raised ones: had the vehicle come a little later, it were one.
    """
    events = frozenset(choice.events) or TOLD_BY_DEFAULT
    return events | {AlertEvent.REOPENED} if AlertEvent.RAISED in events else events


def is_within(schedule: Schedule, at: datetime) -> bool:
    """Whether a time is in one of the shifts, by the clock on the wall of the schedule's zone.

    An hour that the end of summer time repeats is in the shift both times. A zone that this machine does not know
    leaves nothing out: an alert at the wrong hour is better than none.
    """
    try:
        local = at.astimezone(ZoneInfo(schedule.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return True
    return any(_is_on_shift(shift, local) for shift in schedule.shifts)


def _is_on_shift(shift: Shift, local: datetime) -> bool:
    clock = f"{local:%H:%M}"
    if shift.begins < shift.ends:
        return _weekday(local) in shift.days and shift.begins <= clock < shift.ends
    begun_today = clock >= shift.begins and _weekday(local) in shift.days
    return begun_today or (clock < shift.ends and _weekday(local - timedelta(days=1)) in shift.days)


def _weekday(local: datetime) -> Weekday:
    return _DAYS[local.weekday()]


def _became_theirs(choice: AlertChoice, alert: Alert, event: AlertEvent) -> bool:
    if event is AlertEvent.UPGRADED:
        return bool(choice.outcomes) and Outcome.POSSIBLE not in choice.outcomes
    if event is not AlertEvent.SIGHTED or _is_everywhere(choice):
        return False
    # Sightings are in the order in which they passed, not in which they came in: any but the first may be the newest.
    # The first at a chosen place may so be told twice, where further ones elsewhere follow; never not at all.
    sightings = alert.hit.sightings
    theirs = _sightings_chosen(choice, alert)
    return len(theirs) == 1 and len(sightings) > 1 and sightings[theirs[0]].captured_at != alert.hit.opened_at


def _allows(chosen: Sequence[str], value: str) -> bool:
    return not chosen or value in chosen


def _allows_outcome(chosen: Sequence[Outcome], alert: Alert) -> bool:
    """By the outcome of now, and by what called people once: a better look may have made it possible again."""
    was_likely = any(
        step.event is AlertEvent.UPGRADED
        or (step.event is AlertEvent.REOPENED and step.hit_outcome in {Outcome.LIKELY, Outcome.EXACT})
        for step in alert.steps
    )
    return _allows(chosen, alert.hit.outcome) or (was_likely and Outcome.LIKELY in chosen)


def _is_everywhere(choice: AlertChoice) -> bool:
    return not choice.cameras and not choice.areas


def _sightings_chosen(choice: AlertChoice, alert: Alert) -> list[int]:
    """Which of the sightings are by a chosen camera and in a chosen area; without sightings, the detection counts."""
    detection = alert.hit.match.detection
    places = [(one.camera, one.location) for one in alert.hit.sightings] or [(detection.camera, detection.location)]
    return [
        number
        for number, (camera, location) in enumerate(places)
        if _is_chosen_camera(choice.cameras, camera) and _is_in_chosen_area(choice.areas, location)
    ]


def _is_chosen_camera(patterns: Sequence[str], camera: str) -> bool:
    return not patterns or any(_pattern(pattern).fullmatch(camera) for pattern in patterns)


def _is_in_chosen_area(areas: Sequence[Circle | Polygon], location: GeoPoint | None) -> bool:
    return not areas or (location is not None and any(is_inside(area, location) for area in areas))


@lru_cache(maxsize=_PATTERNS)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
