from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.geojson import polygons_from_geojson
from streams.delivery.subscription import Polygon
from streams.records import GeoPoint

RING = [[-86, 38], [-85, 38], [-85, 39], [-86, 38]]
TRIANGLE = Polygon((GeoPoint(38, -86), GeoPoint(38, -85), GeoPoint(39, -85)))
GEOMETRY = {"type": "Polygon", "coordinates": [RING]}
FEATURE = {"type": "Feature", "properties": {"name": "beat 7"}, "geometry": GEOMETRY}


@pytest.mark.parametrize(
    ("document", "count"),
    [
        pytest.param(GEOMETRY, 1, id="geometry"),
        pytest.param(FEATURE, 1, id="feature"),
        pytest.param({"type": "FeatureCollection", "features": [FEATURE, FEATURE]}, 2, id="features"),
        pytest.param({"type": "GeometryCollection", "geometries": [GEOMETRY]}, 1, id="geometries"),
        pytest.param({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, 2, id="several-in-one"),
    ],
)
def test_areas_come_from_whatever_a_drawing_tool_exports(document: dict[str, Any], count: int) -> None:
    assert polygons_from_geojson(json.dumps(document).encode()) == (TRIANGLE,) * count


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "no GeoJSON", id="empty"),
        pytest.param(b"\xff", "no GeoJSON", id="no-text"),
        pytest.param(b"[" * 100_000, "no GeoJSON", id="endless"),
        pytest.param(b"3", "something else", id="number"),
        pytest.param(b'{"type": "Point", "coordinates": [0, 0]}', "has Point where a polygon", id="point"),
        pytest.param(b'{"type": "FeatureCollection", "features": []}', "no polygon in it", id="nothing"),
        pytest.param(b'{"type": "FeatureCollection"}', "no GeoJSON", id="no-features"),
        pytest.param(b'{"type": "Polygon", "coordinates": [[["x", 1]]]}', "no GeoJSON", id="words"),
        pytest.param(b'{"type": "Polygon", "coordinates": [[[0, 91]]]}', "no GeoJSON", id="off-the-earth"),
        pytest.param(json.dumps({"type": "Polygon", "coordinates": [RING, RING]}).encode(), "hole", id="hole"),
    ],
)
def test_what_has_no_area_that_can_be_kept_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match=said):
        polygons_from_geojson(data)


@given(st.recursive(st.none() | st.text() | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["type", "features", "geometry", "geometries", "coordinates"]),
    inner | st.sampled_from(["Feature", "FeatureCollection", "Polygon", "MultiPolygon"]),
)))  # fmt: skip
def test_no_json_brings_anything_but_polygons_or_a_sentence(document: Any) -> None:
    try:
        found = polygons_from_geojson(json.dumps(document).encode())
    except SubscriptionRefusedError:
        return
    assert found
    assert all(isinstance(one, Polygon) for one in found)
