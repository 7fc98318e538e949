from __future__ import annotations

import pytest

from infra.bench.hotlists import Size, measure_hotlist_store, typical_entries


def test_the_invented_entries_are_the_same_at_each_call_and_none_is_twice() -> None:
    entries = list(typical_entries(500))
    assert entries == list(typical_entries(500))
    assert len({entry.id for entry in entries}) == 500


@pytest.mark.real
def test_a_small_store_is_measured_as_the_large_one_is() -> None:
    told: list[str] = []
    rows = measure_hotlist_store(told.append, Size(entries=3000, partials=50, batches=3))
    names = [row.name for row in rows]
    assert names[:2] == ["load of a list", "memory of a list"]
    assert len(set(names)) == len(names), "a row's name says what it is of"
    assert all(row.value >= 0 for row in rows)
    assert "loading 3,000 entries" in told
