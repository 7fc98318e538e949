from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.settings.pipeline import WindowSettings
from streams.records import Hit, Match, Outcome
from streams.sightings import MAX_SIGHTINGS, MAX_WINDOWS, Windows, join
from tests.builders import build_detection, build_match, moment

SETTINGS = WindowSettings()
TEN_MINUTES = 600.0
NONE_YET = Windows()


def join_all(matches: list[Match], windows: Windows = NONE_YET) -> tuple[Windows, list[Hit]]:
    hits = []
    for match in matches:
        joined = join(windows, match, SETTINGS)
        windows = msgspec.msgpack.decode(msgspec.msgpack.encode(joined.windows), type=Windows)
        if joined.hit is not None:
            hits.append(joined.hit)
    return windows, hits


def at(*seconds: float) -> list[Match]:
    return [build_match(at_s=second) for second in seconds]


@pytest.mark.parametrize(
    ("seconds", "opened"),
    [
        pytest.param([0], [0], id="one"),
        pytest.param([0, 0.001], [0], id="at-once"),
        pytest.param([0, TEN_MINUTES], [0], id="the-last-moment-of-the-window"),
        pytest.param([0, TEN_MINUTES + 0.001], [0, TEN_MINUTES + 0.001], id="just-after-the-window"),
        pytest.param([0, -TEN_MINUTES], [0], id="earlier-but-close"),
        pytest.param([0, -TEN_MINUTES - 0.001], [0, -TEN_MINUTES - 0.001], id="too-early-for-the-window"),
        pytest.param([0, 500, 1000], [0, 1000], id="the-window-does-not-slide-with-its-sightings"),
        pytest.param([1000, 0, 500], [1000, 0], id="between-two-windows-it-joins-one"),
    ],
)
def test_sightings_close_to_the_one_that_opened_the_window_are_one_hit(
    seconds: list[float], opened: list[float]
) -> None:
    _, hits = join_all(at(*seconds))
    assert [hit.opened_at for hit in hits] == [moment(second) for second in opened]
    assert len({hit.id for hit in hits}) == len(hits)


def test_a_later_revision_of_a_pass_is_no_new_sighting() -> None:
    first = build_match(detection=build_detection(revision=1, final=False))
    windows, hits = join_all([first])
    # The best look of a long pass may be far from that of its first revision.
    later = build_match(detection=msgspec.structs.replace(first.detection, revision=2, captured_at=moment(700)))
    assert join(windows, later, SETTINGS).hit is None
    assert len(hits) == 1


@pytest.mark.parametrize(
    ("outcome", "opens"),
    [
        pytest.param(Outcome.EXACT, True, id="exact"),
        pytest.param(Outcome.LIKELY, True, id="likely"),
        pytest.param(Outcome.POSSIBLE, False, id="possible"),
    ],
)
def test_only_what_may_sound_opens_a_hit(outcome: Outcome, opens: bool) -> None:
    joined = join(Windows(), build_match(outcome=outcome), SETTINGS)
    assert (joined.hit is not None) is opens
    assert bool(joined.windows.open) is opens


def test_a_possible_match_does_not_keep_the_surer_revision_of_its_pass_from_opening_a_hit() -> None:
    _, hits = join_all([build_match(outcome=Outcome.POSSIBLE), build_match(outcome=Outcome.EXACT)])
    assert len(hits) == 1


@pytest.mark.parametrize(
    ("behind_s", "late"),
    [
        pytest.param(0.1, False, id="at-once"),
        pytest.param(3600, False, id="at-the-limit"),
        pytest.param(3600.001, True, id="over-the-limit"),
        pytest.param(86400, True, id="uploaded-at-the-end-of-the-shift"),
    ],
)
def test_a_hit_is_late_when_its_sighting_was_matched_too_long_after_its_capture(behind_s: float, late: bool) -> None:
    hit = join(Windows(), build_match(matched_at=moment(behind_s)), SETTINGS).hit
    assert hit is not None
    assert hit.late is late


seconds = st.lists(st.integers(-4000, 4000), min_size=1, max_size=25)


@given(seconds, st.data())
@settings(deadline=None, max_examples=40)
def test_replaying_any_prefix_opens_no_hit_that_was_not_opened(seconds: list[int], data: st.DataObject) -> None:
    matches = at(*seconds)
    windows, _ = join_all(matches)
    prefix = matches[: data.draw(st.integers(0, len(matches)))]
    after, again = join_all(prefix, windows)
    assert not again
    assert after == windows


@given(seconds, st.data())
@settings(deadline=None, max_examples=40)
def test_a_killed_worker_that_lost_its_last_windows_opens_the_same_hits_again(
    seconds: list[int], data: st.DataObject
) -> None:
    matches = at(*seconds)
    _, hits = join_all(matches)
    crash = data.draw(st.integers(0, len(matches)))
    kept, before = join_all(matches[:crash])
    assert {hit.id for hit in before + join_all(matches[crash:], kept)[1]} == {hit.id for hit in hits}


@given(seconds)
@settings(deadline=None, max_examples=40)
def test_every_sighting_lies_in_the_window_of_a_hit(seconds: list[int]) -> None:
    _, hits = join_all(at(*seconds))
    for second in seconds:
        assert any(abs((moment(second) - hit.opened_at).total_seconds()) <= TEN_MINUTES for hit in hits)


def test_what_is_remembered_of_an_entry_is_bounded_in_windows() -> None:
    windows, hits = join_all(at(*(index * 700 for index in range(2 * MAX_WINDOWS))))
    assert len(hits) == 2 * MAX_WINDOWS
    assert len(windows.open) == MAX_WINDOWS


def test_what_is_remembered_of_a_window_is_bounded_too() -> None:
    windows, hits = join_all(at(*range(3 * MAX_SIGHTINGS)))
    assert len(hits) == 1
    assert [len(window.detections) for window in windows.open] == [MAX_SIGHTINGS]


def test_an_upload_older_than_all_remembered_windows_still_opens_one_hit_for_all_its_sightings() -> None:
    windows, _ = join_all(at(*(index * 700 for index in range(MAX_WINDOWS))))
    _, hits = join_all(at(-86400, -86390, -86380), windows)
    assert len(hits) == 1
