from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from streams.codec import InvalidRecordError
from streams.document_reading import (
    detection_from_document,
    rebuilt_candidates,
    rebuilt_lattice,
    rebuilt_states,
)
from streams.documents import document
from streams.records import Detection, PlateCandidate, SeenAttribute, SeenVehicle, StateCandidate
from tests.builders import build_detection, build_image

_PLATE = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=10)
_CONFIDENCE = st.floats(0.01, 1.0)
_REBUILT = ("lattice", "candidates", "state_candidates", "decided_by")


def indexed(detection: Detection) -> dict[str, Any]:
    """The document as Elasticsearch gives it back."""
    source: dict[str, Any] = json.loads(json.dumps(document(detection).source))
    return source


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as-usual"),
        pytest.param({"state": "US-KY", "state_candidates": (StateCandidate("US-KY", 0.9),)}, id="with-state"),
        pytest.param({"location": None}, id="without-place"),
        pytest.param({"vehicle": SeenVehicle(make=SeenAttribute("FORD", 0.7))}, id="with-vehicle"),
        pytest.param({"image": build_image(scene_sha256=None)}, id="with-picture"),
        pytest.param({"source": "vendor", "engine": "", "revision": 1, "final": False}, id="first-revision"),
    ],
)
def test_all_but_what_the_index_does_not_hold_comes_back_as_it_was(changes: dict[str, Any]) -> None:
    detection = build_detection(**changes)
    back = detection_from_document(indexed(detection))
    same = {name: getattr(detection, name) for name in _REBUILT}
    assert msgspec.structs.replace(back, **same) == detection
    assert back.decided_by.sequence == detection.decided_by.sequence


@given(plate=_PLATE, confidence=_CONFIDENCE, rivals=st.lists(_PLATE, max_size=5, unique=True))
def test_a_rebuilt_detection_is_as_sure_of_its_plate_as_the_first_was(
    plate: str, confidence: float, rivals: list[str]
) -> None:
    candidates = (PlateCandidate(plate, confidence), *(PlateCandidate(rival, 0.001) for rival in rivals))
    detection = build_detection(plate, confidence=confidence, plate_folded=fold(plate), candidates=candidates)
    back = detection_from_document(indexed(detection))
    product = 1.0
    for character, column in zip(plate, back.lattice, strict=True):
        product *= column[character]
        assert sum(column.values()) <= 1.0 + 1e-9
    assert product == pytest.approx(confidence)
    assert back.candidates[0] == PlateCandidate(plate, confidence)


@given(plate=_PLATE, confidence=_CONFIDENCE, texts=st.lists(_PLATE, max_size=8, unique=True))
def test_candidates_keep_their_order_and_add_up_to_no_more_than_one(
    plate: str, confidence: float, texts: list[str]
) -> None:
    rebuilt = rebuilt_candidates(plate, confidence, texts)
    assert [one.plate for one in rebuilt] == [plate, *(text for text in texts if text != plate)]
    told = [one.confidence for one in rebuilt]
    assert told == sorted(told, reverse=True)
    assert sum(told) <= 1.0 + 1e-9


def test_what_is_left_at_a_position_goes_to_rivals_and_to_look_alikes() -> None:
    (first, *_, last) = rebuilt_lattice("AB5", 0.729, [PlateCandidate("AB5", 0.729), PlateCandidate("AB7", 0.1)])
    assert first == pytest.approx({"A": 0.9})
    assert last["5"] == pytest.approx(0.9)
    assert last["7"] == pytest.approx(0.1 * 0.1 / 0.101)
    assert last["7"] > last.get("S", 0.0)
    assert rebuilt_lattice("", 0.5, ()) == ()


@pytest.mark.parametrize(
    ("named", "states", "rebuilt"),
    [
        pytest.param(None, [], (), id="nobody-looked"),
        pytest.param("US-KY", [], (("US-KY", 1.0),), id="named-alone"),
        pytest.param("US-KY", ["US-KY", "US-IN"], (("US-KY", 0.8), ("US-IN", 0.2)), id="named-first"),
        pytest.param(None, ["US-KY", "US-IN"], (("US-KY", 0.5), ("US-IN", 0.5)), id="none-named"),
    ],
)
def test_states_share_what_the_named_one_leaves(
    named: str | None, states: list[str], rebuilt: tuple[tuple[str, float], ...]
) -> None:
    told = rebuilt_states(named, states)
    assert [one.state for one in told] == [state for state, _ in rebuilt]
    assert [one.confidence for one in told] == pytest.approx([confidence for _, confidence in rebuilt])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"confidence": 7}, "confidence", id="impossible-confidence"),
        pytest.param({"captured_at": "yesterday"}, "yesterday", id="no-time"),
        pytest.param({"plate": None}, "plate", id="plate-null"),
        pytest.param({"schema_version": 99}, "schema_version", id="newer-schema"),
        pytest.param({"candidates": 5}, "candidates|iterable", id="candidates-no-list"),
    ],
)
def test_what_is_no_document_of_a_detection_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRecordError, match=said):
        detection_from_document(indexed(build_detection()) | changes)


def test_a_missing_field_is_named() -> None:
    source = indexed(build_detection())
    del source["decided_by"]
    with pytest.raises(InvalidRecordError, match="decided_by"):
        detection_from_document(source)
