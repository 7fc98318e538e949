from __future__ import annotations

from infra.bench.confusion import count_confusions, is_folded


def test_confusions_are_counted_at_the_characters_that_stand_at_the_same_place() -> None:
    counts = count_confusions([("ABO12", "AB012"), ("ABO12", "A8012"), ("QX1", "QX")])
    assert counts["O", "0"] == 2
    assert counts["B", "8"] == 1
    assert counts["B", "B"] == 1
    assert counts["Q", "Q"] == 1
    assert not any("1" in pair and pair[0] != pair[1] for pair in counts), "a missing character is no confusion"


def test_the_fold_joins_what_is_confused() -> None:
    assert is_folded("O", "0")
    assert is_folded("8", "B")
    assert not is_folded("W", "M")
