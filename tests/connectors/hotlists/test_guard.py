"""What a load must not do by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.errors import HotlistStoppedError
from connectors.hotlists.guard import Suspicion, objections, require_acceptance
from connectors.hotlists.hotlist_file import RowCounts
from infra.settings.hotlists import HotlistGuardSettings

LIMITS = HotlistGuardSettings(max_refused_share=0.02, max_shrink_share=0.2)
REFUSED, SHRINK = Suspicion.REFUSED, Suspicion.SHRINK


@pytest.mark.parametrize(
    ("counts", "entries", "live", "suspicions"),
    [
        pytest.param(RowCounts(rows=100), 100, None, set(), id="first-load"),
        pytest.param(RowCounts(rows=100, refused=2), 98, 100, set(), id="few-refused"),
        pytest.param(RowCounts(rows=100, refused=3), 97, 100, {REFUSED}, id="too-many-refused"),
        pytest.param(RowCounts(rows=80), 80, 100, set(), id="shrinks-a-little"),
        pytest.param(RowCounts(rows=79), 79, 100, {SHRINK}, id="shrinks-too-much"),
        pytest.param(RowCounts(rows=300), 300, 100, set(), id="grows"),
        pytest.param(RowCounts(rows=100, refused=50), 50, 100, {REFUSED, SHRINK}, id="both"),
        pytest.param(RowCounts(), 100, 100, set(), id="changes-without-any"),
        pytest.param(RowCounts(rows=100), 100, 0, set(), id="was-empty"),
        pytest.param(RowCounts(rows=100, expired=100), 0, 100, {SHRINK}, id="empties-the-list"),
    ],
)
def test_a_load_is_stopped_for_what_is_suspicious(
    counts: RowCounts, entries: int, live: int | None, suspicions: set[Suspicion]
) -> None:
    assert {one.suspicion for one in objections(counts, entries, live, LIMITS)} == suspicions


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.floats(0, 1))
def test_a_list_that_shrinks_by_no_more_than_the_limit_is_let_through(live: int, entries: int, limit: float) -> None:
    limits = HotlistGuardSettings(max_shrink_share=limit)
    stopped = bool(objections(RowCounts(rows=entries), entries, live, limits))
    assert stopped == (1 - entries / live > limit)


def test_what_is_stopped_tells_figures_report_and_options() -> None:
    found = objections(RowCounts(rows=100, refused=50), 50, 100, LIMITS)
    with pytest.raises(HotlistStoppedError) as error:
        require_acceptance("stolen", found, {}, Path("refused.csv"))
    for said in (
        "50 of 100 rows (50.0%)",
        "from 100 to 50 entries",
        "refused.csv",
        "--accept-refused REASON --accept-shrink",
    ):
        assert said in str(error.value)


def test_each_suspicion_needs_a_reason_of_its_own() -> None:
    found = objections(RowCounts(rows=100, refused=50), 50, 100, LIMITS)
    with pytest.raises(HotlistStoppedError, match="would shrink"):
        require_acceptance("stolen", found, {REFUSED: "known fault of the portal", SHRINK: "  "})
    require_acceptance("stolen", found, {REFUSED: "known fault of the portal", SHRINK: "amnesty"})
    require_acceptance("stolen", (), {})
