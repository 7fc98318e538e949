"""Areas as GeoJSON (RFC 7946) writes them, as maps and drawing tools export them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import Polygon
from streams.records import GeoPoint

_MOST_NESTED = 8
"""Collections within collections; no tool writes more than two."""

_Position = Annotated[list[float], msgspec.Meta(min_length=2)]


def polygons_from_geojson(data: bytes) -> tuple[Polygon, ...]:
    """The polygons of a geometry, a feature or a collection of them.

    Raises:
        SubscriptionRefusedError: it is none, has none, or one with a hole; in one sentence.
    """
    try:
        polygons = tuple(_polygons(msgspec.json.decode(data), 0))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msg = (
            "this is no GeoJSON; give a Polygon, or features with polygons, with [longitude, latitude] for each corner"
        )
        raise SubscriptionRefusedError(msg) from None
    if not polygons:
        msg = "this GeoJSON has no polygon in it; draw one around the area"
        raise SubscriptionRefusedError(msg)
    return polygons


def _polygons(node: Any, depth: int) -> Iterator[Polygon]:
    kind = node.get("type") if isinstance(node, dict) and depth < _MOST_NESTED else None
    match kind:
        case "FeatureCollection" | "GeometryCollection":
            for part in msgspec.convert(node.get("features", node.get("geometries")), list[Any]):
                yield from _polygons(part, depth + 1)
        case "Feature":
            yield from _polygons(node.get("geometry"), depth + 1)
        case "MultiPolygon":
            for rings in msgspec.convert(node.get("coordinates"), list[list[list[_Position]]]):
                yield _polygon(rings)
        case "Polygon":
            yield _polygon(msgspec.convert(node.get("coordinates"), list[list[_Position]]))
        case _:
            msg = f"this GeoJSON has {kind or 'something else'} where a polygon should be; give areas as polygons alone"
            raise SubscriptionRefusedError(msg)


def _polygon(rings: list[list[list[float]]]) -> Polygon:
    if len(rings) != 1:
        msg = "a polygon has a hole, which is not kept; give the areas beside the hole as polygons of their own"
        raise SubscriptionRefusedError(msg)
    corners = [msgspec.convert({"lat": position[1], "lon": position[0]}, GeoPoint) for position in rings[0]]
    # GeoJSON closes a ring by its first corner, ours closes by itself.
    return Polygon(tuple(corners[:-1] if corners[:1] == corners[-1:] else corners))
