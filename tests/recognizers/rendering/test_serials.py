from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.plate import ALPHABET
from recognizers.rendering.errors import LayoutError
from recognizers.rendering.layouts import Layout, load_layouts
from recognizers.rendering.serials import LETTERS, Mark, Stack, draw_serial, matches_pattern, parse_pattern


@pytest.mark.parametrize("layout", load_layouts().values(), ids=lambda layout: layout.name)
def test_texts_drawn_from_a_layout_match_their_patterns(layout: Layout) -> None:
    rng = np.random.default_rng(7)
    for patterns, letters in ((layout.patterns, layout.letters), (layout.rare_patterns, layout.rare_letters)):
        for pattern in patterns:
            serial = draw_serial(pattern, letters, rng)
            assert matches_pattern(serial.text, pattern, letters), pattern
            assert set(serial.text) <= set(ALPHABET)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(["A", "9", "X", "[KLM]", "{BE|VD}", " ", "-", ".", ":", "@"]), min_size=1), st.integers(0)
)
def test_the_drawn_characters_are_the_text(parts: list[str], seed: int) -> None:
    pattern = "A" + "".join(parts)
    serial = draw_serial(pattern, LETTERS, np.random.default_rng(seed))
    assert "".join(item for item in serial.lines[0] if isinstance(item, str)) == serial.text


def test_stacked_letters_and_separators_are_drawn_but_not_read() -> None:
    serial = draw_serial("<DV>9-{AB}/9", LETTERS, np.random.default_rng(0))
    assert serial.lines[0][0] == Stack("DV")
    assert Mark.DASH in serial.lines[0]
    assert len(serial.lines) == 2
    assert serial.text[1:3] == "AB"
    assert len(serial.text) == 4


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        pytest.param("AA?9", "'?' at place 3", id="unknown character"),
        pytest.param("A[9", "'[' at place 2", id="open set"),
        pytest.param("--", "no character that is read", id="nothing to read"),
    ],
)
def test_a_wrong_pattern_is_refused_with_its_place(pattern: str, says: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        parse_pattern(pattern)
    assert says in str(refusal.value)


@pytest.mark.parametrize("text", ["12AB", "1234", "ABC1", "AB12X"])
def test_a_text_of_another_shape_does_not_match(text: str) -> None:
    assert not matches_pattern(text, "AA-99")
