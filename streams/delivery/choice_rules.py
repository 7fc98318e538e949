"""What a choice of alerts may say. Pure.

A choice that can never hold, or that holds otherwise than it reads, is refused: nobody misses an alert they never got.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from infra.settings.polygons import crosses_itself, lies_on_a_line
from streams.delivery.areas import longitude_turn
from streams.delivery.subscription import AlertChoice, Circle, Polygon, Schedule
from streams.faults import StreamError
from streams.records import GeoPoint

_MOST_CORNERS = 500
"""Of one polygon: each is looked at for each alert and subscriber."""
_MOST_AREAS = 50
_LONGEST_CAMERA = 128
"""Characters of a camera's name, and more than any has."""
_HALF_EARTH_M = 20_037_508.0
"""No place is further from another."""
_HALF_TURN = 180.0


class SubscriptionRefusedError(StreamError):
    """What was asked for is not allowed, or not complete; the message says in one sentence what to do."""


def check_choice(choice: AlertChoice) -> None:
    """Nothing, where the choice can be kept.

    Raises:
        SubscriptionRefusedError: it cannot.
    """
    for camera in choice.cameras:
        if not camera.strip() or len(camera) > _LONGEST_CAMERA:
            _refuse("a camera's name is empty or too long; give names such as north-1, or north-* for all of that kind")
    if len(choice.areas) > _MOST_AREAS:
        _refuse(f"{len(choice.areas)} areas are more than the {_MOST_AREAS} that are kept; join some of them")
    for area in choice.areas:
        if isinstance(area, Circle):
            _check_circle(area)
        else:
            _check_polygon(area)
    if choice.schedule is not None:
        _check_schedule(choice.schedule)


def _check_circle(circle: Circle) -> None:
    if not isfinite(circle.radius_m) or not 0 < circle.radius_m <= _HALF_EARTH_M:
        _refuse(f"a circle's radius is {circle.radius_m:g} m; give metres, more than none and less than half the earth")


def _check_polygon(polygon: Polygon) -> None:
    ring = _corners(polygon.ring)
    if len(ring) < 3:  # noqa: PLR2004 - a triangle's
        _refuse("a polygon has less than three corners; give those of an area, or a circle")
    if len(ring) > _MOST_CORNERS:
        _refuse(f"a polygon has {len(ring)} corners, more than {_MOST_CORNERS}; give a simpler outline")
    turns = [longitude_turn(one, other) for one, other in pairwise([*ring, ring[0]])]
    if any(abs(turn) == _HALF_TURN for turn in turns):
        _refuse("an edge of a polygon goes half round the earth, and could go either way; put a corner on the way")
    if abs(sum(turns)) > 1:
        _refuse("a polygon goes round a pole; give a circle around the pole instead")
    points = [(0.0, ring[0].lat)]
    for turn, corner in zip(turns, ring[1:], strict=False):
        points.append((points[-1][0] + turn, corner.lat))
    if lies_on_a_line(points):
        _refuse("the corners of a polygon lie on one line and enclose nothing; give the corners of an area")
    if crosses_itself(points):
        _refuse("the edges of a polygon cross or touch; give its corners in their order around the area")


def _corners(ring: Sequence[GeoPoint]) -> list[GeoPoint]:
    """Without repetitions, of which the one that closes the ring is common."""
    return [corner for corner, after in zip(ring, [*ring[1:], *ring[:1]], strict=True) if corner != after]


def _check_schedule(schedule: Schedule) -> None:
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{schedule.time_zone!r} is no time zone that is known here; give its IANA name, such as America/New_York"
        raise SubscriptionRefusedError(msg) from None
    for shift in schedule.shifts:
        if not shift.days:
            _refuse("a shift has no days, so nobody is ever told; name its days, or leave them out for all")
        if shift.begins == shift.ends:
            _refuse(f"a shift ends at {shift.ends}, as it begins; write 00:00-24:00 for the whole day")


def _refuse(message: str) -> None:
    raise SubscriptionRefusedError(message)
