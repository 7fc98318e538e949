"""Whether a place is in an area that a subscriber chose. Pure.

Circles are measured along the earth's surface. A polygon's edges are straight on a map of degrees, as in GeoJSON, and
go the shorter way round the earth, so that a ring may lie across the antimeridian. What is on the edge is inside.
"""

from __future__ import annotations

from itertools import pairwise

from streams.corroboration import distance_km
from streams.delivery.subscription import Circle, Polygon
from streams.records import GeoPoint

_Point = tuple[float, float]

# Degrees, a tenth of a millimetre on the ground: what is nearer to an edge is on it, for floats are hardly finer.
_ON_EDGE = 1e-9

# Metres, likewise: a great circle's length comes out of sines and square roots.
_ON_RIM_M = 1e-3


def is_inside(area: Circle | Polygon, place: GeoPoint) -> bool:
    """Whether the place is in the area, or on its edge."""
    if isinstance(area, Circle):
        distance = distance_km(area.center, place)
        return distance is not None and distance * 1000 <= area.radius_m + _ON_RIM_M
    return _is_in_ring(area.ring, place)


def longitude_turn(one: GeoPoint, other: GeoPoint) -> float:
    """Degrees of longitude from one place to the other, the shorter way: from -180 up to but not including 180."""
    return (other.lon - one.lon + 180) % 360 - 180


def _is_in_ring(ring: tuple[GeoPoint, ...], place: GeoPoint) -> bool:
    outline = _outline(ring, place)
    # Laid out from its first corner on, a ring may have the place one turn of the earth further west or east.
    easts = [east for east, _ in outline]
    west, east = min(easts) - _ON_EDGE, max(easts) + _ON_EDGE
    return any(west <= turn <= east and _encloses(outline, (turn, place.lat)) for turn in (0.0, -360.0, 360.0))


def _outline(ring: tuple[GeoPoint, ...], place: GeoPoint) -> list[_Point]:
    """The closed ring in degrees east of the place and degrees north of the equator, without a jump at 180."""
    east = longitude_turn(place, ring[0])
    points = [(east, ring[0].lat)]
    for before, corner in pairwise(ring):
        east += longitude_turn(before, corner)
        points.append((east, corner.lat))
    return [*points, points[0]]


def _encloses(outline: list[_Point], point: _Point) -> bool:
    """By the number of edges that a ray to the east crosses; odd is inside."""
    crossed = False
    for start, end in pairwise(outline):
        if _is_on(start, end, point):
            return True
        # Half open, so that a corner on the ray counts for one of its two edges.
        if (start[1] > point[1]) != (end[1] > point[1]):
            at = start[0] + (point[1] - start[1]) * (end[0] - start[0]) / (end[1] - start[1])
            crossed ^= at > point[0]
    return crossed


def _is_on(start: _Point, end: _Point, point: _Point) -> bool:
    """Whether the point lies on the edge: no further from its nearest point than floats can tell."""
    along, north = end[0] - start[0], end[1] - start[1]
    length = along * along + north * north
    share = 0.0 if length == 0 else ((point[0] - start[0]) * along + (point[1] - start[1]) * north) / length
    share = min(1.0, max(0.0, share))
    off_east, off_north = point[0] - start[0] - share * along, point[1] - start[1] - share * north
    return max(abs(off_east), abs(off_north)) <= _ON_EDGE
