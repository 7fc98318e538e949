"""How well and how fast plates are read: `platewatch bench recognition`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from infra.bench.clips import CONDITIONS, rendered_frames, spec_of, true_passes, video_frames
from infra.bench.failures import Failure, draw_failures, failures_of
from infra.bench.photographs import SETS, Benchmark, confidences_of, read_crops, score_set
from infra.bench.playing import read_passes
from infra.bench.rows import Better, Goal, Row, figure, share
from infra.demo.report import TruePass, compare, pair_up
from infra.recognize.plates import View, build_view
from infra.settings.pipeline import RecognitionSettings
from recognizers.recognizer import Recognizer, build_recognizer
from recognizers.rendering.clip_spec import demo_spec
from recognizers.training.calibration import calibration_error

EXACT = {"us": Goal(85, 95), "eu": Goal(94, 99), "br": Goal(92, 98)}
AMONG = Goal(93, 99)
SPURIOUS = Goal(0.10, 0.02, Better.LOWER)
CALIBRATION = Goal(0.06, 0.02, Better.LOWER)
CROPS, STATE, STATE_GIVEN = Goal(88, 96), Goal(90, 97), Goal(None, 80)
SPEED_MS = Goal(25, 12, Better.LOWER)
NO_PLATE = Goal(1.0, 0.9, Better.LOWER)
PASSES, GHOSTS = Goal(97, 99.5), Goal(1.0, 0.0, Better.LOWER)
TOLL_EXACT, TOLL_GHOSTS = Goal(100, 100), Goal(0, 0, Better.LOWER)

TOLL_PASSES = (TruePass("34A36837", 0.0, 4.0), TruePass("34A23126", 5.0, 8.0))
"""The readable cars of the toll gate's clip, and about when they stand there; a truck follows."""
_TOLL_CARS_END_S = 9.0

STATE_LEAST = 0.8
_SEEDS = range(900, 904)  # rules were made while looking at others
_SEEDS_OF_ONE_LANE = range(900, 912)  # half as many vehicles each
_CLIP_S = 30.0
_SPEED_FRAMES, _SPEED_ROUNDS = 60, 3

Progress = Callable[[str], None]
"""Called with what is measured next."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured."""

    recognizer: Recognizer
    settings: RecognitionSettings
    view: View


def shipped_subject() -> Subject:
    """The weights that ship, with the default settings."""
    settings = RecognitionSettings()
    view = build_view(settings)
    return Subject(build_recognizer(view.chain), settings, view)


def measure_recognition(benchmark: Benchmark, on_progress: Progress, failures: Path | None = None) -> list[Row]:
    """All rows; those on photographs only where the benchmark is at hand.

    Args:
        benchmark: photographs and their scorer.
        on_progress: told what is measured next.
        failures: where the rendered passes that were not read are drawn.
    """
    cv2.setNumThreads(1)  # every figure is of one core
    subject = shipped_subject()
    rows: list[Row] = []
    if benchmark.is_there:
        for name in SETS:
            on_progress(f"photographs: {name}")
            rows += _photograph_rows(subject, benchmark, name)
        on_progress("photographs: US plates cut out")
        rows += _crop_rows(subject, benchmark)
        on_progress("toll gate")
        rows += _toll_rows(subject, benchmark)
    on_progress("speed")
    rows += _speed_rows(subject)
    failed: list[Failure] = []
    for condition in CONDITIONS:
        on_progress(f"rendered clips: {condition}")
        rows += _clip_rows(subject, condition, failed)
    if failures is not None:
        draw_failures(failed, failures)
    return rows


def _photograph_rows(subject: Subject, benchmark: Benchmark, name: str) -> Iterator[Row]:
    score = score_set(subject.recognizer, subject.view, benchmark, name)
    count, label = score.plates, name.upper()
    how = "openalpr-dev, whole frames, top read, scored by score.py"
    yield share(f"{label} exact, O as 0", _count(score.exact_O0_folded_pct, count), count, goal=EXACT[name], how=how)
    yield share(f"{label} exact", _count(score.exact_pct, count), count, goal=Goal(None, None), how=how)
    yield share(f"{label} truth among candidates", _count(score.in_candidates_pct, count), count, goal=AMONG, how=how)
    yield figure(f"{label} spurious reads", score.spurious_per_image, "per image", goal=SPURIOUS, how=how)
    if score.calibration_error is not None:
        yield figure(f"{label} calibration error", score.calibration_error, "", goal=CALIBRATION, how=how)


def _count(percent: float, trials: int) -> int:
    return round(percent * trials / 100)


def _crop_rows(subject: Subject, benchmark: Benchmark) -> Iterator[Row]:
    outcomes = read_crops(subject.recognizer, subject.view, benchmark)
    how = "openalpr-dev crops.csv, the picture is the box"
    exact = sum(one.is_exact for one in outcomes)
    yield share("US crops exact, O as 0", exact, len(outcomes), goal=CROPS, how=how)
    among = sum(one.is_among for one in outcomes)
    yield share("US crops truth among candidates", among, len(outcomes), goal=Goal(None, None), how=how)
    error = calibration_error(*confidences_of(outcomes))
    yield figure("US crops calibration error", error, "", goal=CALIBRATION, how=how)
    given = [one for one in outcomes if one.state_given(STATE_LEAST) is not None]
    right = sum(one.state_given(STATE_LEAST) == one.state for one in given)
    how = f"{how}; state given with confidence >= {STATE_LEAST}"
    yield share("state right, where given", right, len(given), goal=STATE, how=how)
    yield share("state given", len(given), len(outcomes), goal=STATE_GIVEN, how=how)


def _toll_rows(subject: Subject, benchmark: Benchmark) -> Iterator[Row]:
    video = benchmark.folder / "data" / "video" / "parkpow_tollgate_vn.mp4"
    if not video.is_file():
        return
    read = read_passes(subject.recognizer, video_frames(video, 60.0), subject.settings)
    cars = [one for one in read if one.first_s < _TOLL_CARS_END_S]
    compared = compare(TOLL_PASSES, cars)
    how = "parkpow_tollgate_vn.mp4, all frames, both cars whose plates can be read"
    yield share("toll gate: passes exact", compared.exact, len(TOLL_PASSES), goal=TOLL_EXACT, how=how)
    yield figure("toll gate: ghosts beside its cars", compared.ghosts, "passes", goal=TOLL_GHOSTS, how=how)


def _clip_rows(subject: Subject, condition: str, failed: list[Failure]) -> Iterator[Row]:
    passes = exact = ghosts = 0
    seeds = _SEEDS if CONDITIONS[condition].lanes > 1 else _SEEDS_OF_ONE_LANE
    for seed in seeds:
        truth, frames = rendered_frames(spec_of(condition, seed, _CLIP_S))
        pairs, free = pair_up(true_passes(truth), read_passes(subject.recognizer, frames, subject.settings))
        missed = failures_of(condition, truth, frames, pairs)
        failed += missed
        passes, exact, ghosts = passes + len(pairs), exact + len(pairs) - len(missed), ghosts + len(free)
    how = f"{len(seeds)} rendered clips of {_CLIP_S:.0f} s, 50-70 km/h, 10 frames/s, four worlds of plates"
    yield share(f"clips, {condition}: passes exact", exact, passes, goal=PASSES, how=how)
    yield figure(f"clips, {condition}: ghosts", 100 * ghosts / passes, "per 100 passes", goal=GHOSTS, how=how)


def _speed_rows(subject: Subject) -> Iterator[Row]:
    _, frames = rendered_frames(demo_spec())
    pictures = [jpeg for _, jpeg in frames][:: max(1, len(frames) // _SPEED_FRAMES)]
    busy: list[float] = []
    empty: list[float] = []
    for jpeg in pictures * _SPEED_ROUNDS:
        began = time.perf_counter()
        reads = subject.recognizer.recognize(jpeg)
        taken = 1000 * (time.perf_counter() - began)
        (busy if reads.looks else empty).append(taken)
    how = "1280x720 JPEG, decode to reads, one core, frames of the demo's clip"
    both = busy + empty
    yield figure("one frame, median", statistics.median(both), "ms", goal=SPEED_MS, how=how)
    yield figure("one frame, 95 of 100", _quantile(both, 0.95), "ms", goal=Goal(None, None), how=how)
    if busy and empty:
        ratio = statistics.median(empty) / statistics.median(busy)
        yield figure("frame without a plate against one with", ratio, "of its time", goal=NO_PLATE, how=how)


def _quantile(values: Sequence[float], part: float) -> float:
    return sorted(values)[round(part * (len(values) - 1))]
