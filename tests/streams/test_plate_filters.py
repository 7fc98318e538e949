from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.documents import document
from streams.plate_filters import candidate_filters, plate_filters
from streams.records import PlateCandidate
from tests.builders import build_detection


def holds(query: dict[str, Any], source: dict[str, Any]) -> bool:
    """Whether a document passes a filter, as Elasticsearch decides it on keyword fields."""
    ((kind, body),) = query.items()
    if kind == "bool":
        return all(holds(each, source) for each in body.get("filter", ())) and (
            "should" not in body or any(holds(each, source) for each in body["should"])
        )
    ((field, wanted),) = body.items()
    values = source[field] if isinstance(source[field], list) else [source[field]]
    if kind == "term":
        return wanted in values
    pattern = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
    return any(re.fullmatch(pattern, value) is not None for value in values)


def finds(filters: list[dict[str, Any]], plate: str, *candidates: str) -> bool:
    told = tuple(PlateCandidate(text, 0.1) for text in (plate, *candidates))
    source = document(build_detection(plate, candidates=told)).source
    return all(holds(each, source) for each in filters)


@pytest.mark.parametrize(
    ("pattern", "plate", "found"),
    [
        ("ABC123", "ABC123", True),
        ("ABC123", "A8C123", True),
        ("ABC123", "ABD123", False),
        ("AB?1*", "ABX199", True),
        ("AB?1*", "ABX299", False),
        ("*234", "XYZ1234", True),
        ("*234", "2345", False),
        ("*YZ1*", "XYZ1234", True),
        ("*YZ1*", "XY1234", False),
        ("*1*", "AB1CD", True),
    ],
)
def test_a_plate_or_part_of_one_is_found_by_what_was_read(pattern: str, plate: str, *, found: bool) -> None:
    assert finds(plate_filters(pattern), plate) is found
    assert finds(candidate_filters(pattern), plate) is found


@pytest.mark.parametrize(
    ("pattern", "plate", "candidate"),
    [
        pytest.param("ABC123", "ABX123", "ABC123", id="second-choice"),
        pytest.param("AB?1*", "XX?1", "ABX199", id="second-choice-of-part"),
        pytest.param("ABC?5*", "A8CXS1", "A8CXS1", id="look-alike-of-part"),
        pytest.param("*0I*", "XQ1", "XQ1", id="look-alike-inside"),
    ],
)
def test_a_look_back_also_finds_what_was_read_otherwise(pattern: str, plate: str, candidate: str) -> None:
    assert not finds(plate_filters(pattern), plate)
    assert finds(candidate_filters(pattern), plate, candidate)


@given(
    plate=st.text("ABCD0158", min_size=4, max_size=8),
    places=st.sets(st.integers(0, 7)),
    ends=st.tuples(st.booleans(), st.booleans()),
)
def test_whatever_part_of_a_plate_is_known_finds_it(plate: str, places: set[int], ends: tuple[bool, bool]) -> None:
    known = "".join("?" if place in places else character for place, character in enumerate(plate))
    start, end = ends
    pattern = ("*" if start else "") + known[1 if start else 0 :] + ("*" if end else "")
    assert finds(plate_filters(pattern), plate)
    assert finds(candidate_filters(pattern), plate)
