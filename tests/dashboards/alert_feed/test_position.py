from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.alert_feed.position import Position, PositionError, parse_position

offsets = st.lists(st.integers(0, 2**60), min_size=1, max_size=12)


@given(offsets)
def test_a_position_is_read_as_it_was_written(found: list[int]) -> None:
    position = Position(tuple(found))
    assert parse_position(str(position), len(found)) == position


def test_a_position_is_written_by_partition() -> None:
    assert str(Position((1042, 88, 7))) == "0.1042-1.88-2.7"


def test_a_partition_that_was_added_since_is_read_from_its_beginning() -> None:
    assert parse_position("0.5-2.9", 4) == Position((5, 0, 9, 0))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("5", id="an-offset-alone"),
        pytest.param("0.5-", id="ends-in-a-dash"),
        pytest.param("0.-5", id="negative"),
        pytest.param("0.5 1.6", id="blank"),
        pytest.param("0.5-0.6", id="a-partition-twice"),
        pytest.param("3.1", id="a-partition-that-is-not-there"),
        pytest.param("0.٣", id="digits-of-another-script"),
        pytest.param("0." + "9" * 30, id="more-than-an-offset-can-be"),
        pytest.param("-".join(["0.1"] * 9000), id="endless"),
    ],
)
def test_what_is_no_position_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(PositionError) as refused:
        parse_position(text, 3)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_position_knows_what_is_before_it() -> None:
    position = Position((5, 2)).after(1, 2)
    assert position == Position((5, 3))
    assert position.has(1, 2)
    assert not position.has(1, 3)
    assert position.reaches(Position((5, 2)))
    assert not position.reaches(Position((6, 0)))
    assert position.beyond(Position((3, 9))) == 2
