from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.corroboration import distance_km
from streams.delivery.areas import is_inside
from streams.delivery.subscription import Circle, Polygon
from streams.records import GeoPoint

LOUISVILLE = GeoPoint(38.25, -85.76)
DEGREE_M = 111_195.08


def polygon(*corners: tuple[float, float]) -> Polygon:
    """Of latitudes and longitudes."""
    return Polygon(tuple(GeoPoint(lat, lon) for lat, lon in corners))


SQUARE = polygon((38, -86), (38, -85), (39, -85), (39, -86))
FIJI = polygon((-18, 179), (-18, -179), (-16, -179), (-16, 179))
# An L whose inner corner is at 1, 1.
BENT = polygon((0, 0), (0, 2), (1, 2), (1, 1), (2, 1), (2, 0))


@pytest.mark.parametrize(
    ("area", "lat", "lon", "inside"),
    [
        pytest.param(SQUARE, 38.5, -85.5, True, id="middle"),
        pytest.param(SQUARE, 38.5, -84.9, False, id="east-of-it"),
        pytest.param(SQUARE, 39.1, -85.5, False, id="north-of-it"),
        pytest.param(SQUARE, 38.0, -85.5, True, id="on-the-southern-edge"),
        pytest.param(SQUARE, 39.0, -85.5, True, id="on-the-northern-edge"),
        pytest.param(SQUARE, 38.5, -86.0, True, id="on-the-western-edge"),
        pytest.param(SQUARE, 38.5, -85.0, True, id="on-the-eastern-edge"),
        pytest.param(SQUARE, 39.0, -85.0, True, id="on-a-corner"),
        pytest.param(SQUARE, 39.0, -84.5, False, id="level-with-an-edge-beside-it"),
        pytest.param(SQUARE, 38.5, 94.5, False, id="other-side-of-the-earth"),
        pytest.param(BENT, 0.5, 1.5, True, id="foot-of-the-L"),
        pytest.param(BENT, 1.5, 0.5, True, id="back-of-the-L"),
        pytest.param(BENT, 1.5, 1.5, False, id="notch-of-the-L"),
        pytest.param(BENT, 1.0, 0.5, True, id="level-with-the-inner-corner-inside"),
        pytest.param(BENT, 1.0, -0.5, False, id="level-with-the-inner-corner-outside"),
        pytest.param(FIJI, -17, 179.5, True, id="west-of-the-antimeridian"),
        pytest.param(FIJI, -17, -179.5, True, id="east-of-the-antimeridian"),
        pytest.param(FIJI, -17, 180.0, True, id="on-the-antimeridian"),
        pytest.param(FIJI, -17, -180.0, True, id="on-the-antimeridian-by-its-other-name"),
        pytest.param(FIJI, -17, 178.9, False, id="before-it"),
        pytest.param(FIJI, -17, 0.0, False, id="half-way-round-the-earth"),
    ],
)
def test_a_polygon_holds_its_inside_and_its_edge(area: Polygon, lat: float, lon: float, inside: bool) -> None:
    assert is_inside(area, GeoPoint(lat, lon)) is inside


@pytest.mark.parametrize(
    ("area", "place", "inside"),
    [
        pytest.param(Circle(LOUISVILLE, 1.0), LOUISVILLE, True, id="its-center"),
        pytest.param(Circle(GeoPoint(0, 0), DEGREE_M), GeoPoint(1, 0), True, id="on-the-rim"),
        pytest.param(Circle(GeoPoint(0, 0), DEGREE_M - 1), GeoPoint(1, 0), False, id="a-metre-outside"),
        pytest.param(Circle(GeoPoint(60, 10), DEGREE_M), GeoPoint(60, 11.9), True, id="degrees-are-shorter-up-north"),
        pytest.param(Circle(GeoPoint(0, 179.9), 0.3 * DEGREE_M), GeoPoint(0, -179.9), True, id="over-the-antimeridian"),
        pytest.param(Circle(GeoPoint(89.9, 0), 0.3 * DEGREE_M), GeoPoint(89.9, 180), True, id="over-the-pole"),
    ],
)
def test_a_circle_is_measured_along_the_earth(area: Circle, place: GeoPoint, inside: bool) -> None:
    assert is_inside(area, place) is inside


def moved(place: GeoPoint, north: float, east: float) -> GeoPoint:
    """So many degrees away, with its longitude as people write it."""
    return GeoPoint(place.lat + north, (place.lon + east + 180) % 360 - 180)


def east_of(place: GeoPoint, other: GeoPoint) -> float:
    return (other.lon - place.lon + 180) % 360 - 180


@dataclass(frozen=True)
class Star:
    """A ring around a place, which goes around it once."""

    middle: GeoPoint
    radii: list[float]

    @property
    def area(self) -> Polygon:
        turn = 2 * math.pi / len(self.radii)
        return Polygon(
            tuple(moved(self.middle, r * math.sin(k * turn), r * math.cos(k * turn)) for k, r in enumerate(self.radii))
        )


middles = st.builds(GeoPoint, st.floats(-70, 70), st.floats(-180, 180))
stars = st.builds(Star, middles, st.lists(st.floats(0.5, 5), min_size=3, max_size=12))
places = st.builds(GeoPoint, st.floats(-80, 80), st.floats(-180, 180))
offsets = st.tuples(st.floats(-10, 10), st.floats(-10, 10))


@given(places, places, st.floats(1, 20_000_000))
def test_whoever_is_in_a_circle_around_another_has_that_one_in_an_equal_circle_around_itself(
    one: GeoPoint, other: GeoPoint, radius_m: float
) -> None:
    assert is_inside(Circle(one, radius_m), other) is is_inside(Circle(other, radius_m), one)


@given(middles, st.integers(4, 12), st.floats(0.1, 5), st.tuples(st.floats(0, 2 * math.pi), st.floats(0, 0.7)))
def test_what_is_near_the_middle_of_a_ring_is_inside_it_wherever_on_earth_it_lies(
    middle: GeoPoint, corners: int, radius: float, way: tuple[float, float]
) -> None:
    # The ring of fewest corners, a square, reaches as far as 0.707 of its radius in every direction.
    direction, share = way
    there = moved(middle, share * radius * math.sin(direction), share * radius * math.cos(direction))
    assert is_inside(Star(middle, [radius] * corners).area, there)


@given(stars, offsets)
def test_a_ring_means_the_same_in_both_directions_and_from_every_corner_on(
    star: Star, offset: tuple[float, float]
) -> None:
    area, place = star.area, moved(star.middle, *offset)
    inside = is_inside(area, place)
    assert is_inside(Polygon(area.ring[::-1]), place) is inside
    assert is_inside(Polygon((*area.ring[1:], area.ring[0])), place) is inside
    assert is_inside(Polygon((*area.ring, area.ring[0])), place) is inside


@given(stars, st.integers(0, 11), st.floats(0, 1))
def test_every_point_of_an_edge_is_inside(star: Star, edge: int, share: float) -> None:
    ring = star.area.ring
    start, end = ring[edge % len(ring)], ring[(edge + 1) % len(ring)]
    assert is_inside(star.area, moved(start, share * (end.lat - start.lat), share * east_of(start, end)))


@given(stars, places)
def test_nothing_far_from_a_ring_is_inside_it(star: Star, place: GeoPoint) -> None:
    if abs(place.lat - star.middle.lat) > 5.1 or abs(east_of(star.middle, place)) > 5.1:
        assert not is_inside(star.area, place)


def test_a_circle_reaches_as_far_as_its_radius() -> None:
    there = GeoPoint(38.26, -85.74)
    distance = distance_km(LOUISVILLE, there)
    assert distance is not None
    assert is_inside(Circle(LOUISVILLE, distance * 1000), there)
    assert not is_inside(Circle(LOUISVILLE, distance * 1000 - 1), there)
