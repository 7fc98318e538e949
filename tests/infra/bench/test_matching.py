from __future__ import annotations

import numpy as np
import pytest

from infra.bench.matching import rule_rows
from infra.bench.matching_simulation import ONE_LOOK, PASS, Found
from infra.bench.recall_curves import Judged

FEW = Judged(np.array([0.9, 0.5, 0.0, 0.0, 0.0]), np.array([0.3]), 1000)
ALL = Judged(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([0.65]), 1000)


@pytest.mark.parametrize("rule", ["exact string", "Levenshtein <= 1"])
def test_a_recall_that_we_never_reach_meets_no_bar_and_says_so(rule: str) -> None:
    rows = {row.name: row for row in rule_rows(Found({rule: (7e5, 0.6)}, {ONE_LOOK: FEW, PASS: ALL}, {}), "")}
    row = rows[f"{ONE_LOOK}, at the recall of {rule}: share of its false alerts"]
    assert row.met is False
    assert row.how == f"not reached: {ONE_LOOK} finds 40.0 % at most, the rule on one look 60.0 %"


def test_false_alerts_are_counted_at_the_threshold_that_gives_the_rules_recall() -> None:
    rows = {
        row.name: row for row in rule_rows(Found({"Levenshtein <= 1": (7e5, 0.8)}, {ONE_LOOK: ALL, PASS: ALL}, {}), "")
    }
    assert rows[f"{ONE_LOOK}, at the recall of Levenshtein <= 1: false alerts"].value == 1000.0
    row = rows[f"{ONE_LOOK}, at the recall of Levenshtein <= 1: share of its false alerts"]
    assert row.value == pytest.approx(1000 / 7e5, abs=1e-4)
    assert row.met is True


def test_a_simulation_without_passes_has_rows_of_one_look_alone() -> None:
    names = [row.name for row in rule_rows(Found({"exact string": (300.0, 0.8)}, {ONE_LOOK: ALL}, {}), "")]
    assert not any(name.startswith(PASS) for name in names)
    assert any(name.startswith(ONE_LOOK) for name in names)


def test_what_is_found_at_a_fiftieth_of_a_rules_false_alerts_is_told() -> None:
    found = Found({"Levenshtein <= 1": (50_000.0, 0.9)}, {ONE_LOOK: ALL}, {})
    rows = {row.name: row for row in rule_rows(found, "")}
    row = rows[f"{ONE_LOOK}, at a fiftieth of the false alerts of Levenshtein <= 1: recall"]
    assert row.value == 100.0, "one false alert in a thousand reads is allowed, and there is one"
    strict = Found({"Levenshtein <= 1": (10_000.0, 0.9)}, {ONE_LOOK: ALL}, {})
    rows = {row.name: row for row in rule_rows(strict, "")}
    row = rows[f"{ONE_LOOK}, at a fiftieth of the false alerts of Levenshtein <= 1: recall"]
    assert row.value == 60.0, "none is allowed, so only what is above it counts"
