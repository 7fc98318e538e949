"""How many wanted vehicles the join finds, and how often it takes another for one. `platewatch bench matching`.

Wanted and unwanted vehicles of a simulated region (`simulated_world`) are read more often than they pass, and weighed
back. Every rule sees the same reads, after a grammar that knows the pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from infra.bench.curve_picture import draw_curves
from infra.bench.photographs import Benchmark
from infra.bench.real_reads import real_rows
from infra.bench.recall_curves import Judged, reliability
from infra.bench.rows import Better, Goal, Row, figure
from infra.bench.simulated_reads import CAMERAS, measure_donors, simulate
from infra.bench.simulated_world import LISTED, LISTED_SHARE, SimulatedRead, World, build_world, read
from infra.settings.pipeline import MatchingSettings, WindowSettings
from streams.corroboration import Journey, Witness, believe

_SEED = 20_260_303
_START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is simulated: the more, the smaller the false-alert rates that can be seen."""

    donor_plates: int = 2500
    unlisted: int = 120_000
    listed: int = 12_000
    unlisted_passes: int = 60_000
    listed_passes: int = 12_000
    compared: int = 100
    """Reads that are compared with every listed plate: Jaro-Winkler has no index."""


@dataclass(slots=True)
class Tally:
    """Scores of one rule, as they come in."""

    right: list[float]
    false: list[float]

    def judged(self, unlisted: int) -> Judged:
        """As a curve."""
        return Judged(np.array(self.right), np.array(self.false), unlisted)

    def add(self, scores: dict[str, float], wanted: str | None) -> None:
        """Alerts with their scores; `wanted` is the vehicle's own plate if that is listed."""
        if wanted is not None:
            self.right.append(scores.get(wanted, 0.0))
        else:
            self.false += [score for score in scores.values() if score > 0]


Hits = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]
"""Probability, whether right, weight."""


def _columns(hits: list[tuple[float, bool, float]]) -> Hits:
    p, right, weights = (np.array(column) for column in zip(*hits, strict=True))
    return p, right.astype(bool), weights


@dataclass(frozen=True, slots=True)
class Found:
    """All that was measured."""

    rules: dict[str, tuple[float, float]]
    """Of each string rule, false alerts per million reads and recall."""
    curves: dict[str, Judged]
    """Ours, by what is known."""
    hits: dict[str, Hits]
    """Of one look and of passes."""


ONE_LOOK, PASS, CORROBORATED = "ours, one look", "ours, a pass", "ours, three cameras"


def run(world: World, sizes: Sizes, rng: np.random.Generator, told: Callable[[str], None]) -> Found:
    """Simulate, and judge all rules on the same reads."""
    strings: dict[str, Callable[[str], set[str]]] = {
        "exact string": world.listed.exact,
        "folded string": world.listed.folded,
        "Levenshtein <= 1": world.listed.one_edit,
    }
    counts = {name: [0, 0] for name in strings}
    one_look = Tally([], [])
    hits: list[tuple[float, bool, float]] = []
    compared: list[tuple[str, str | None]] = []
    listed_plates = sorted(world.listed.plates)
    for wanted, count in ((False, sizes.unlisted), (True, sizes.listed)):
        told(f"reading {count:,} {'wanted' if wanted else 'other'} vehicles, one look each")
        weight = (LISTED_SHARE if wanted else 1 - LISTED_SHARE) / count
        for number in range(count):
            plate = listed_plates[int(rng.integers(len(listed_plates)))] if wanted else world.unlisted_plate(rng)
            vehicle = simulate(plate, world.donors, rng)
            seen = read(vehicle.looks[0][0], world)
            own = plate if wanted else None
            one_look.add(seen.posteriors, own)
            hits += [(p, listed == own, weight) for listed, p in seen.posteriors.items()]
            text = seen.candidates[0].plate if seen.candidates else ""
            for name, rule in strings.items():
                brought = rule(text)
                counts[name][wanted] += (plate in brought) if wanted else len(brought)
            if number < sizes.compared:
                compared.append((text, own))
    rules = {name: (false / sizes.unlisted * 1e6, right / sizes.listed) for name, (false, right) in counts.items()}
    told(f"comparing {len(compared)} reads with every listed plate")
    rules["Jaro-Winkler >= 0.9"] = _jaro_winkler(world, compared)
    told(f"following {sizes.unlisted_passes:,} vehicles past three cameras")
    followed, pass_hits = _followed(world, sizes, listed_plates, rng)
    curves = {ONE_LOOK: one_look.judged(sizes.unlisted)} | followed
    return Found(rules, curves, {"one look": _columns(hits), "a pass": _columns(pass_hits)})


def _jaro_winkler(world: World, compared: list[tuple[str, str | None]]) -> tuple[float, float]:
    false = right = 0
    others = sum(own is None for _, own in compared)
    for text, own in compared:
        brought = world.listed.jaro_winkler(text, 0.9) if text else set()
        false += len(brought) if own is None else 0
        right += own in brought
    return false / others * 1e6, right / (len(compared) - others)


def _followed(
    world: World, sizes: Sizes, listed_plates: list[str], rng: np.random.Generator
) -> tuple[dict[str, Judged], list[tuple[float, bool, float]]]:
    passes, together = Tally([], []), Tally([], [])
    hits: list[tuple[float, bool, float]] = []
    for wanted, count in ((False, sizes.unlisted_passes), (True, sizes.listed_passes)):
        weight = (LISTED_SHARE if wanted else 1 - LISTED_SHARE) / count
        for _ in range(count):
            plate = listed_plates[int(rng.integers(len(listed_plates)))] if wanted else world.unlisted_plate(rng)
            vehicle = simulate(plate, world.donors, rng)
            reads = [read(vehicle.fused(camera), world) for camera in range(CAMERAS)]
            own = plate if wanted else None
            passes.add(reads[0].posteriors, own)
            hits += [(p, listed == own, weight) for listed, p in reads[0].posteriors.items()]
            together.add(corroborated(reads, MatchingSettings().weak_probability), own)
    judged = {PASS: passes.judged(sizes.unlisted_passes), CORROBORATED: together.judged(sizes.unlisted_passes)}
    return judged, hits


def corroborated(reads: list[SimulatedRead], weak: float) -> dict[str, float]:
    """Of each entry that is a weak match at least, what three cameras a minute apart make of it together."""
    settings = WindowSettings()
    journey = Journey(settings.fastest_kmh, settings.seen_again)
    entries = {plate for one in reads for plate, p in one.posteriors.items() if p >= weak}
    believed = {}
    for entry in entries:
        witnesses = [
            Witness(str(camera), _START + timedelta(minutes=camera), None, one.posteriors[entry], one.rivals_of(entry))
            for camera, one in enumerate(reads)
            if one.posteriors.get(entry, 0.0) >= weak
        ]
        believed[entry] = believe(witnesses, journey).probability
    return believed


def measure_matching(
    told: Callable[[str], None], benchmark: Benchmark, plot: Path | None = None, sizes: Sizes | None = None
) -> list[Row]:
    """The table of the join: false alerts of each rule and ours at the same recall, misses, calibration.

    Args:
        told: called with what is being done.
        benchmark: where real photographs are; without them their rows are left out.
        plot: where the curves are drawn, as SVG.
        sizes: how much to simulate.
    """
    sizes = sizes or Sizes()
    told(f"reading {sizes.donor_plates} rendered plates, nine looks each")
    donors = measure_donors(sizes.donor_plates, _SEED, "US")
    rng = np.random.default_rng(_SEED)
    told("listing a million plates")
    world = build_world(donors, rng)
    found = run(world, sizes, rng, told)
    if plot is not None:
        plot.write_text(draw_curves(found.rules, found.curves), encoding="utf-8")
    how = f"{sizes.unlisted:,} unlisted and {sizes.listed:,} listed vehicles, list of {LISTED:,}"
    rows = [
        figure("looks read right, rendered plates", 100 * donors.exact_looks, "%", goal=_NO_GOAL, how="all characters")
    ]
    rows += list(rule_rows(found, how))
    rows += list(_threshold_rows(found.curves[ONE_LOOK], how))
    rows += list(_miss_rows(found.curves, sizes))
    rows += list(_calibration_rows(found, how))
    told("reading photographs")
    return rows + real_rows(benchmark, sorted(world.listed.plates))


_NO_GOAL = Goal(None, None)
_A_FIFTIETH, _A_TWO_HUNDREDTH = 1 / 50, 1 / 200
_COUNTED_HITS = 200


def rule_rows(found: Found, how: str) -> Iterator[Row]:
    """Of each string rule its recall and false alerts, and what ours costs at the same recall."""
    for name, (false, recall) in found.rules.items():
        yield figure(f"{name}: recall", 100 * recall, "%", goal=_NO_GOAL, how=how)
        yield figure(f"{name}: false alerts", false, "per million reads", goal=_NO_GOAL, how=how)
        bar = Goal(_A_FIFTIETH, _A_TWO_HUNDREDTH, Better.LOWER)
        if name == "exact string":
            bar = Goal(1.0, None, Better.LOWER)
        elif name.startswith("Jaro"):
            bar = _NO_GOAL
        for ours in (ONE_LOOK, PASS):
            yield from _at_the_recall(name, ours, found, bar if ours == ONE_LOOK else _NO_GOAL)


def _at_the_recall(name: str, ours: str, found: Found, bar: Goal) -> Iterator[Row]:
    """Our false alerts where we find as many as the rule does; only the highest recall where we never do."""
    (false, recall), judged = found.rules[name], found.curves[ours]
    threshold = judged.threshold_for_recall(recall)
    if not threshold:
        most = 100 * float((judged.right > 0).mean())
        how = f"not reached: {ours} finds {most:.1f} % at most, the rule on one look {100 * recall:.1f} %"
        row = figure(f"{ours}, at the recall of {name}: share of its false alerts", 1.0, "", goal=bar, how=how)
        # What is not reached meets no bar, whatever the figure.
        yield row if row.met is None else msgspec.structs.replace(row, met=False)
        return
    at_same = judged.false_per_million_at(threshold)
    how = f"p >= {threshold:.3g}; the rule on one look"
    yield figure(f"{ours}, at the recall of {name}: false alerts", at_same, "per million", goal=_NO_GOAL, how=how)
    if false:
        share = at_same / false
        yield figure(f"{ours}, at the recall of {name}: share of its false alerts", share, "", goal=bar, how=how)


def _threshold_rows(ours: Judged, how: str) -> Iterator[Row]:
    for threshold in (0.01, 0.1, 0.5, 0.9, 0.99):
        name = f"ours, one look, p >= {threshold:g}"
        yield figure(f"{name}: recall", 100 * ours.recall_at(threshold), "%", goal=_NO_GOAL, how=how)
        false = ours.false_per_million_at(threshold)
        yield figure(f"{name}: false alerts", false, "per million reads", goal=_NO_GOAL, how=how)


def _miss_rows(curves: dict[str, Judged], sizes: Sizes) -> Iterator[Row]:
    """Misses of one look, a pass and three cameras, where each gives as many false alerts."""
    how = f"{sizes.unlisted_passes:,} unlisted and {sizes.listed_passes:,} listed vehicles"
    per_million = curves[ONE_LOOK].false_per_million_at(0.5)
    misses = {}
    for name, judged in curves.items():
        threshold = judged.threshold_for_false(per_million)
        misses[name] = 1 - judged.recall_at(threshold)
        row_how = f"at {per_million:.0f} false alerts per million (p >= {threshold:.3g}); {how}"
        yield figure(f"{name}: wanted vehicles missed", 100 * misses[name], "%", goal=_NO_GOAL, how=row_how)
    half = Goal(0.5, None, Better.LOWER)
    for fewer, more in ((ONE_LOOK, PASS), (PASS, CORROBORATED)):
        share = misses[more] / misses[fewer] if misses[fewer] else 0.0
        yield figure(f"misses of {more}, as a share of those of {fewer}", share, "", goal=half, how=how)


def _calibration_rows(found: Found, how: str) -> Iterator[Row]:
    """Passes are what the worker is given; one look says how it would be without fusion."""
    for of, hits in found.hits.items():
        for tenth in reliability(*hits):
            if tenth.hits < _COUNTED_HITS:
                continue
            name = f"{of}: hits of p in [{tenth.low:.1f}, {tenth.low + 0.1:.1f}]"
            told = f"promised {100 * tenth.mean:.1f} %, right {100 * tenth.right:.1f} %; {tenth.hits} hits; {how}"
            error = 100 * abs(tenth.mean - tenth.right)
            goal = Goal(2.0, None, Better.LOWER)
            yield figure(f"{name}: promised against right", error, "points", goal=goal, how=told)
