"""How many wanted vehicles the join finds, and how often it takes another for one. `platewatch bench matching`.

Wanted and unwanted vehicles of a simulated region pass (`matching_simulation`); every rule sees the same reads, after a
grammar that knows the pattern. A second region mixes letters and digits, so that no grammar helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from infra.bench.curve_picture import draw_curves
from infra.bench.donors import Donors
from infra.bench.error_kinds import error_rows
from infra.bench.hit_calibration import calibration_rows
from infra.bench.matching_simulation import (
    CORROBORATED,
    EXACT,
    JARO_WINKLER,
    ONE_LOOK,
    PASS,
    Found,
    Sizes,
    simulate_looks,
    simulate_traffic,
)
from infra.bench.photographs import Benchmark
from infra.bench.real_reads import real_rows
from infra.bench.recall_curves import Judged
from infra.bench.rows import Better, Goal, Row, figure
from infra.bench.simulated_reads import measure_donors
from infra.bench.simulated_world import LISTED, MIXED, build_world
from infra.settings.pipeline import MatchingSettings

_SEED = 20_260_303
_SEED_OF_MIXED = 20_260_304


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
    found = simulate_traffic(world, sizes, rng, told)
    if plot is not None:
        plot.write_text(draw_curves(found.rules, found.curves), encoding="utf-8")
    how = f"{sizes.looks:,} vehicles of one look, list of {LISTED:,}"
    followed = f"{sizes.passes:,} vehicles past three cameras, list of {LISTED:,}"
    rows = list(error_rows(world, sizes.kinds, np.random.default_rng(_SEED)))
    rows += list(rule_rows(found, how))
    rows += list(_threshold_rows(found.curves[ONE_LOOK], how))
    rows += list(_miss_rows(found.curves, followed))
    weak = MatchingSettings().weak_probability
    for of, hits in found.hits.items():
        rows += list(calibration_rows(of, hits, weak, how if of == ONE_LOOK else followed))
    told(f"reading {sizes.mixed_looks:,} vehicles whose plates mix letters and digits")
    rows += _mixed_rows(donors, sizes.mixed_looks)
    told("reading photographs")
    return rows + real_rows(benchmark, sorted(world.listed.plates))


def _mixed_rows(donors: Donors, count: int) -> list[Row]:
    """The string rules' rows where no grammar tells letters from digits: there look-alikes are other plates."""
    rng = np.random.default_rng(_SEED_OF_MIXED)
    found = simulate_looks(build_world(donors, rng, pattern=MIXED), count, rng)
    how = f"seven places, each any letter or digit; {count:,} vehicles of one look, list of {LISTED:,}"
    return [msgspec.structs.replace(row, name=f"mixed pattern: {row.name}") for row in rule_rows(found, how)]


_NO_GOAL = Goal(None, None)
_A_FIFTIETH, _A_TWO_HUNDREDTH = 1 / 50, 1 / 200


def rule_rows(found: Found, how: str) -> Iterator[Row]:
    """Of each string rule its recall and false alerts, and what ours costs at the same recall."""
    for name, (false, recall) in found.rules.items():
        yield figure(f"{name}: recall", 100 * recall, "%", goal=_NO_GOAL, how=how)
        yield figure(f"{name}: false alerts", false, "per million reads", goal=_NO_GOAL, how=how)
        bar = Goal(_A_FIFTIETH, _A_TWO_HUNDREDTH, Better.LOWER)
        if name == EXACT:
            bar = Goal(1.0, None, Better.LOWER)
        elif name == JARO_WINKLER:
            bar = _NO_GOAL
        for ours in (one for one in (ONE_LOOK, PASS) if one in found.curves):
            yield from _at_the_recall(name, ours, found, bar if ours == ONE_LOOK else _NO_GOAL)
            if bar.must == _A_FIFTIETH:
                yield _at_a_fiftieth(name, ours, found)


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


def _at_a_fiftieth(name: str, ours: str, found: Found) -> Row:
    """How many we find where we may give a fiftieth of the rule's false alerts."""
    (false, recall), judged = found.rules[name], found.curves[ours]
    threshold = judged.threshold_for_false(false * _A_FIFTIETH)
    found_then = 100 * judged.recall_at(threshold)
    how = f"p >= {threshold:.3g}, {false * _A_FIFTIETH:,.0f} a million; the rule on one look {100 * recall:.2f} %"
    return figure(
        f"{ours}, at a fiftieth of the false alerts of {name}: recall", found_then, "%", goal=_NO_GOAL, how=how
    )


def _threshold_rows(ours: Judged, how: str) -> Iterator[Row]:
    for threshold in (0.001, 0.01, 0.1, 0.5, 0.9, 0.99):
        name = f"ours, one look, p >= {threshold:g}"
        yield figure(f"{name}: recall", 100 * ours.recall_at(threshold), "%", goal=_NO_GOAL, how=how)
        false = ours.false_per_million_at(threshold)
        yield figure(f"{name}: false alerts", false, "per million reads", goal=_NO_GOAL, how=how)


def _miss_rows(curves: dict[str, Judged], how: str) -> Iterator[Row]:
    """Misses of one look, a pass and three cameras, where each gives as many false alerts."""
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
