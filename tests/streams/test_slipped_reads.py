"""Reads that one slip made of a plate of another format, before the lists."""

from __future__ import annotations

import pytest

from infra.settings.pipeline import MatchingSettings
from recognizers.fold import fold
from streams.corroboration import Journey, Witness, believe
from streams.hotlist_values import ListedEntry
from streams.matching import lookup_of, match
from streams.records import Detection, HotlistEntry, Match, Outcome, StateCandidate
from tests.builders import build_detection, build_entry, moment

SETTINGS = MatchingSettings()


def matches(detection: Detection, *entries: HotlistEntry) -> list[Match]:
    return match(detection, [ListedEntry(entry, "v1") for entry in entries], SETTINGS, moment(0.3))


def test_a_listed_plate_of_an_unusual_format_is_no_slip_of_another() -> None:
    seen = (StateCandidate("BR", 0.98),)
    detection = build_detection("BC1234", state_candidates=seen)
    assert fold("ABC1234") in lookup_of(detection, SETTINGS).folded
    (found,) = matches(detection, build_entry("BC1234"))
    assert found.outcome is Outcome.EXACT
    (slipped,) = matches(detection, build_entry("ABC1234"))
    assert SETTINGS.weak_probability <= slipped.probability < 0.5
    both = {one.entry.plate: one for one in matches(detection, build_entry("ABC1234"), build_entry("BC1234"))}
    assert set(both) == {"BC1234"}


@pytest.mark.parametrize("cameras", [2, 3])
def test_cameras_that_all_read_a_personal_plate_bear_out_no_longer_one(cameras: int) -> None:
    seen = (StateCandidate("BR", 0.98),)
    entry = build_entry("ABC1234")
    (found,) = matches(build_detection("BC1234", state_candidates=seen), entry)
    assert found.evidence is not None
    seen_by = [
        Witness(str(place), moment(60.0 * place), None, found.probability, found.evidence.alternatives)
        for place in range(cameras)
    ]
    assert believe(seen_by, Journey(180.0, 200.0)).probability == pytest.approx(found.probability)
