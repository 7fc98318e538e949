"""The join on real photographs: plates that were cut out by hand, each listed among a million others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from infra.bench.list_rules import ListedPlates
from infra.bench.photographs import Benchmark, CropOutcome, read_crops
from infra.bench.rows import Goal, Row, share
from infra.recognize.plates import build_view
from infra.settings.pipeline import MatchingSettings, RecognitionSettings
from recognizers.lattice import build_lattice
from recognizers.recognizer import build_recognizer
from streams.lookups import folded_texts
from streams.posterior import Region, TextBelief, passing_mass, posterior
from streams.records import PlateCandidate

_THRESHOLDS = (0.1, 0.5)
_NO_GOAL = Goal(None, None)


def real_rows(benchmark: Benchmark, others: Sequence[str]) -> list[Row]:
    """Rows of how many of the photographed plates each rule finds; none where the photographs are not there.

    Args:
        benchmark: where the photographs are.
        others: plates that are listed besides.
    """
    if not benchmark.is_there:
        return []
    view = build_view(RecognitionSettings())
    outcomes = read_crops(build_recognizer(view.chain), view, benchmark)
    listed = ListedPlates(sorted({*others, *(one.plate for one in outcomes)}))
    rules: dict[str, Callable[[str], set[str]]] = {
        "exact string": listed.exact,
        "folded string": listed.folded,
        "Levenshtein <= 1": listed.one_edit,
    }
    rows = []
    for name, rule in rules.items():
        brought = [(one, rule(one.text)) for one in outcomes]
        rows += _rows(name, [(one.plate in found, len(found - {one.plate})) for one, found in brought])
    judged = [(one, _posteriors(one, listed)) for one in outcomes]
    for least in _THRESHOLDS:
        found = [
            (scores.get(one.plate, 0.0) >= least, sum(p >= least for other, p in scores.items() if other != one.plate))
            for one, scores in judged
        ]
        rows += _rows(f"ours, p >= {least:g}", found)
    return rows


def _rows(name: str, found: Sequence[tuple[bool, int]]) -> list[Row]:
    how = f"{len(found)} photographed plates of known corners, each on a list of a million"
    return [
        share(f"photographs, {name}: found", sum(right for right, _ in found), len(found), goal=_NO_GOAL, how=how),
        share(
            f"photographs, {name}: reads with a false alert",
            sum(false > 0 for _, false in found),
            len(found),
            goal=_NO_GOAL,
            how=how,
        ),
    ]


def _posteriors(outcome: CropOutcome, listed: ListedPlates) -> dict[str, float]:
    """Of each listed plate near the read, its probability, in a region that nothing is known of."""
    settings = MatchingSettings().region
    region = Region(settings.registered_share, settings.listed_frequency, {}, 1.0)
    lattice = build_lattice(outcome.texts)
    belief = TextBelief(lattice, [PlateCandidate(one.text, one.confidence) for one in outcome.texts])
    folded = folded_texts(lattice, tuple(one.text for one in outcome.texts), 1e-4)
    likelihoods = {plate: belief.probability(plate) for text in folded for plate in listed.folding_to(text)}
    mass = passing_mass(likelihoods, belief, region)
    return {plate: posterior(p, mass, region) for plate, p in likelihoods.items()}
