"""Areas of a camera's picture, as settings: polygons whose points are shares of width and height."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

Point = tuple[float, float]

_POINTS_MIN = 3
_EXAMPLE = "[[0.1, 0.2], [0.4, 0.2], [0.4, 0.5]]"


def _check_points(value: Any) -> Any:
    """Say what is wrong in the words of a picture; the rest of the types is for pydantic."""
    if not isinstance(value, list | tuple) or not all(isinstance(point, list | tuple) for point in value):
        msg = f"a polygon is a list of points [x, y], as in {_EXAMPLE}; mind the brackets around each polygon"
        raise ValueError(msg)
    if len(value) < _POINTS_MIN:
        msg = f"a polygon needs at least {_POINTS_MIN} points, this one has {len(value)}; add the missing corners"
        raise ValueError(msg)
    for number, point in enumerate(value, start=1):
        if len(point) != 2:  # noqa: PLR2004 - x and y
            msg = f"point {number} has {len(point)} numbers; write it as [x, y]"
            raise ValueError(msg)
        if any(isinstance(share, int | float) and not 0 <= share <= 1 for share in point):
            msg = f"point {number} is {list(point)}; give shares of width and height from 0 to 1, not pixels"
            raise ValueError(msg)
    return value


def _check_outline(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """A mask whose edges cross has holes where it covers itself, so that what it should hide would show."""
    corners = [point for point, after in zip(points, (*points[1:], points[0]), strict=True) if point != after]
    if lies_on_a_line(corners):
        msg = "the points of the polygon lie on one line and enclose nothing; give the corners of an area"
        raise ValueError(msg)
    if crosses_itself(corners):
        msg = "the edges of the polygon cross or touch; give its corners in their order around the area"
        raise ValueError(msg)
    return points


def lies_on_a_line(corners: Sequence[Point]) -> bool:
    """Whether a ring of corners encloses nothing."""
    return not any(_turn(corners[0], corners[1], corner) for corner in corners[2:])


def crosses_itself(corners: Sequence[Point]) -> bool:
    """Whether edges of a ring have a point in common, other than neighbours their corner."""
    edges = list(zip(corners, [*corners[1:], *corners[:1]], strict=True))
    return any(
        second - first not in {1, len(edges) - 1} and _touch(edges[first], edges[second])
        for first, second in itertools.combinations(range(len(edges)), 2)
    )


def _touch(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two edges have a point in common: each has its ends on both sides of the other, and they are near."""
    near = all(
        max(min(one[0][axis], one[1][axis]), min(other[0][axis], other[1][axis]))
        <= min(max(one[0][axis], one[1][axis]), max(other[0][axis], other[1][axis]))
        for axis in (0, 1)
    )
    if not near or _turn(*one, other[0]) * _turn(*one, other[1]) > 0:
        return False
    return _turn(*other, one[0]) * _turn(*other, one[1]) <= 0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 where the way from a by b to c turns one way, below 0 the other way, 0 where it goes straight."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


Share = Annotated[float, Field(ge=0, le=1)]
Polygon = Annotated[
    tuple[tuple[Share, Share], ...],
    BeforeValidator(_check_points),
    AfterValidator(_check_outline),
]
"""At least three points in their order around an area, x and y in [0, 1]; the first may be repeated at the end."""
