from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.settings.pipeline import RecognitionSettings
from recognizers.plate import Issuer, Look
from streams.passes import MAX_LOOKS, PassAssembler, Passes, is_repeat, restore
from streams.records import Detection, Frame
from tests.builders import build_frame, build_look, build_tick, moment

SETTINGS = RecognitionSettings()
ASSEMBLER = PassAssembler(SETTINGS, "test 1")


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, and what is recognised in it."""

    frame: Frame
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run: the state after each frame, and all that was told."""

    states: tuple[Passes, ...]
    told: tuple[Detection, ...]


NOTHING_YET = Passes()


def run(scene: Sequence[Seen], passes: Passes = NOTHING_YET) -> Run:
    """Count frames as the agent does: repeats are skipped; the state is written down while there are open passes."""
    states: list[Passes] = []
    told: list[Detection] = []
    saved = passes
    for seen in scene:
        if not is_repeat(passes, seen.frame):
            result = ASSEMBLER.observe(passes, seen.frame, seen.looks)
            told += result.detections
            if passes.open or result.passes.open:
                saved = msgspec.msgpack.decode(msgspec.msgpack.encode(result.passes), type=Passes)
            passes = result.passes
        states.append(saved)
    return Run(tuple(states), tuple(told))


def drive_by(
    text: str, start_s: float = 0.0, *, frames: int = 10, confidence: float = 0.95, y: float = 300
) -> list[Seen]:
    """A vehicle that crosses the picture at ten frames a second."""
    return [
        Seen(
            build_frame(start_s + index / 10),
            (build_look(text, confidence, x=200 + 40 * index, y=y, width=90 + 2 * index),),
        )
        for index in range(frames)
    ]


def together(*drives: Sequence[Seen]) -> list[Seen]:
    """Several drives in one scene."""
    by_time: dict[float, Seen] = {}
    for seen in sorted((one for drive in drives for one in drive), key=lambda one: one.frame.captured_at):
        at = seen.frame.captured_at.timestamp()
        known = by_time.get(at)
        by_time[at] = Seen(seen.frame, (*known.looks, *seen.looks)) if known else seen
    return list(by_time.values())


def ticks(first_s: float, count: int) -> list[Seen]:
    return [Seen(build_tick(first_s + index / 2)) for index in range(count)]


def finals(told: Sequence[Detection]) -> list[str]:
    return [detection.plate for detection in told if detection.final]


def test_a_pass_is_told_at_once_and_again_when_it_has_ended_under_one_id() -> None:
    scene = [*drive_by("ABC123"), *ticks(2.5, 1)]
    told = run(scene).told
    assert [(d.revision, d.final, d.plate) for d in told] == [(1, False, "ABC123"), (2, True, "ABC123")]
    assert len({d.id for d in told}) == 1
    first, final = told
    assert first.decided_by.sequence == 1, "the second look agrees with the first, so it decides"
    assert final.decided_by.sequence == scene[-1].frame.sequence, "the tick that ended the pass"
    assert final.looks == 10
    assert (final.first_seen_at, final.last_seen_at) == (moment(0), moment(0.9))
    assert final.captured_at == moment(0.5), "the first look of full width is the best"
    assert final.confidence >= first.confidence
    assert final.engine == "test 1"
    assert final.location == scene[0].frame.location


def test_a_pass_whose_looks_never_agree_well_is_told_once_as_final() -> None:
    told = run([*drive_by("ABC123", confidence=0.4, frames=3), *ticks(3, 1)]).told
    assert [(d.revision, d.final) for d in told] == [(1, True)]


def test_a_tick_closes_a_pass_only_when_the_gap_is_over() -> None:
    scene = drive_by("ABC123")
    assert not finals(run([*scene, Seen(build_tick(0.9 + SETTINGS.gap_s))]).told)
    assert finals(run([*scene, Seen(build_tick(0.91 + SETTINGS.gap_s))]).told) == ["ABC123"]


def test_the_same_plate_seconds_apart_is_two_passes() -> None:
    told = run([*drive_by("ABC123"), *drive_by("ABC123", 5), *ticks(10, 1)]).told
    assert finals(told) == ["ABC123", "ABC123"]
    assert len({d.id for d in told}) == 2


def test_two_vehicles_in_view_stay_apart() -> None:
    scene = together(drive_by("ABC123", y=200), drive_by("XYZ987", 0.3, y=500))
    told = run([*scene, *ticks(4, 1)]).told
    assert sorted(finals(told)) == ["ABC123", "XYZ987"]
    assert len({d.id for d in told}) == 2


@settings(max_examples=15, deadline=None)
@given(
    first=st.text("ABCDEFGH0123456789", min_size=6, max_size=7),
    changed=st.integers(0, 5),
    lag=st.integers(0, 5),
)
def test_two_vehicles_side_by_side_stay_apart_however_alike_their_plates(first: str, changed: int, lag: int) -> None:
    second = first[:changed] + ("X" if first[changed] != "X" else "Y") + first[changed + 1 :]
    scene = together(drive_by(first, y=200), drive_by(second, lag / 10, y=500, frames=10))
    assert sorted(finals(run([*scene, *ticks(5, 1)]).told)) == sorted([first, second])


def test_a_vehicle_that_follows_another_in_its_lane_is_a_pass_of_its_own() -> None:
    told = run([*drive_by("8KLM417", frames=10), *drive_by("8RST926", 1.5, frames=10), *ticks(5, 1)]).told
    assert finals(told) == ["8KLM417", "8RST926"]


@pytest.mark.parametrize(
    ("looks", "confidence", "expected"),
    [
        pytest.param(1, 0.5, 0, id="one-unsure-look"),
        pytest.param(1, 0.95, 1, id="one-sure-look"),
        pytest.param(2, 0.5, 1, id="two-looks-bear-each-other-out"),
        pytest.param(2, 0.1, 0, id="two-guesses"),
    ],
)
def test_a_pass_counts_only_when_it_was_read_well_enough(looks: int, confidence: float, expected: int) -> None:
    assert len(finals(run([*drive_by("ABC123", frames=looks, confidence=confidence), *ticks(4, 1)]).told)) == expected


def test_a_look_that_reads_nothing_makes_no_detection() -> None:
    assert not run([*drive_by("", frames=5), *ticks(4, 1)]).told


def test_a_parked_car_is_cut_into_passes_of_bounded_length() -> None:
    scene = [Seen(build_frame(index / 2), (build_look("ABC123"),)) for index in range(200)]
    told = [d for d in run([*scene, *ticks(110, 1)]).told if d.final]
    assert len(told) == 4
    assert all((d.last_seen_at - d.first_seen_at).total_seconds() <= SETTINGS.max_pass_s for d in told)


def test_what_is_remembered_of_a_camera_is_bounded() -> None:
    scene = [Seen(build_frame(index / 20), (build_look("ABC123"),)) for index in range(500)]
    states = run(scene).states
    assert max(len(one.best) for passes in states for one in passes.open) == MAX_LOOKS
    assert len(states[-1].open) == 1
    sizes = [len(msgspec.msgpack.encode(passes)) for passes in states[20:]]
    assert max(sizes) < 1.1 * min(sizes)


COUNTED = build_frame(1.0)
AFTER_IT = Passes(newest=(COUNTED.received_at, COUNTED.sequence))


@pytest.mark.parametrize("at_s", [pytest.param(1.0, id="the-same"), pytest.param(0.5, id="older")])
def test_a_frame_not_received_after_one_that_was_counted_is_a_repeat(at_s: float) -> None:
    assert is_repeat(AFTER_IT, build_frame(at_s))


def test_a_newer_frame_and_the_first_one_are_no_repeats() -> None:
    assert not is_repeat(AFTER_IT, build_frame(1.1))
    assert not is_repeat(Passes(), build_frame(-1000))


def test_a_camera_whose_clock_is_set_back_loses_no_frame() -> None:
    assert not is_repeat(AFTER_IT, build_frame(1.1, captured_at=moment(-3600)))


SCENE = [
    *together(drive_by("ABC123", y=200), drive_by("XYZ987", 0.4, y=500, confidence=0.6)),
    *ticks(1.6, 2),
    *drive_by("ABC123", 3, frames=4),
    *drive_by("Q", 4, frames=2, confidence=0.5),
    *ticks(6, 2),
]
UNDISTURBED = run(SCENE)


@given(end=st.integers(0, len(SCENE)))
@settings(deadline=None, max_examples=30)
def test_any_prefix_that_is_delivered_twice_changes_nothing(end: int) -> None:
    assert run([*SCENE[:end], *SCENE[:end], *SCENE[end:]]).told == UNDISTURBED.told


@given(crash=st.integers(0, len(SCENE) - 1), back=st.integers(0, 8), lost=st.integers(0, 1))
@settings(deadline=None, max_examples=40)
def test_a_killed_worker_that_resumes_tells_what_an_undisturbed_one_tells(crash: int, back: int, lost: int) -> None:
    """Killed after a frame: its detections are out, its snapshot may be lost; frames come again from further back."""
    before = run(SCENE[: crash + 1])
    snapshot = (NOTHING_YET, *before.states)[crash + 1 - lost]
    after = run(SCENE[max(0, crash + 1 - lost - back) :], snapshot)
    by_revision = {(d.id, d.revision): d for d in (*before.told, *after.told)}
    assert by_revision == {(d.id, d.revision): d for d in UNDISTURBED.told}
    assert len(UNDISTURBED.told) >= 5


@given(st.lists(st.sampled_from(SCENE), max_size=40))
@settings(deadline=None, max_examples=20)
def test_frames_in_any_order_never_make_an_end_before_a_beginning(scene: list[Seen]) -> None:
    for detection in run(scene).told:
        assert detection.first_seen_at <= detection.captured_at <= detection.last_seen_at
        assert 0 <= detection.confidence <= 1
        assert detection.looks >= 1


@pytest.mark.parametrize(
    ("probability", "state"),
    [pytest.param(0.95, "US-OH", id="sure"), pytest.param(0.6, None, id="not-sure-enough")],
)
def test_a_pass_names_its_state_only_where_all_looks_together_are_sure(probability: float, state: str | None) -> None:
    look = build_look("ABC1234")
    seen = replace(look, read=replace(look.read, issuers=(Issuer("US-OH", probability), Issuer("", 0.05))))
    told = run([*(Seen(build_frame(number / 10), (seen,)) for number in range(4)), Seen(build_tick(5.0))]).told
    assert {detection.state for detection in told} == {state}
    assert [one.state for one in told[-1].state_candidates] == ["US-OH"], "no plate is no state"


def test_what_another_version_wrote_down_is_forgotten_and_said_so() -> None:
    assert restore(None) == Passes()
    assert restore(msgspec.msgpack.encode(Passes())) == Passes()
    assert restore(msgspec.msgpack.encode({"open": [{"id": "a", "looks": 1}]})) is None


def test_an_unsure_look_opens_no_pass_but_votes_in_one_that_is_open() -> None:
    weak, sure = build_look("ABC128", 0.1), build_look("ABC123", 0.6)
    alone = run([Seen(build_frame(0.0), (weak,)), Seen(build_tick(5.0))])
    assert not alone.told
    assert all(not state.open for state in alone.states)
    scene = [Seen(build_frame(number / 10), (look,)) for number, look in enumerate((sure, weak, sure))]
    (told,) = run([*scene, Seen(build_tick(5.0))]).told[-1:]
    assert (told.plate, told.looks) == ("ABC123", 3)
