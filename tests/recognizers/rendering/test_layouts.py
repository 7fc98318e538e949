from __future__ import annotations

import numpy as np
import pytest

from recognizers.rendering.colours import parse_colour
from recognizers.rendering.errors import LayoutError
from recognizers.rendering.glyphs import font_index
from recognizers.rendering.layouts import Layout, Style, choose_layout, load_layouts, parse_layouts

GOOD = '[[layouts]]\nname="x"\nregion="XX"\nstyle="us"\nsize_mm=[305,152]\npatterns=["AAA"]\n'


def test_all_states_and_the_other_regions_are_there() -> None:
    regions = {layout.region for layout in load_layouts().values()}
    assert len({region for region in regions if region.startswith("US-")}) == 51
    assert {"EU-DE", "EU-FR", "EU-RO", "EU-SK", "BR", "VN"} <= regions


@pytest.mark.parametrize("layout", load_layouts().values(), ids=lambda layout: layout.name)
def test_a_layout_names_real_colours_and_fonts(layout: Layout) -> None:
    for colour in (*layout.inks, layout.title_ink, *(stop for ground in layout.grounds for stop in ground.split(">"))):
        parse_colour(colour)
    assert set(layout.fonts) <= set(font_index())
    assert len(layout.inks) in {1, len(layout.grounds)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("layouts = 3", "layout file mine.toml is wrong", id="no layouts"),
        pytest.param(GOOD + "colour='red'\n", "colour", id="unknown key"),
        pytest.param(GOOD.replace('"us"', '"mars"'), "mars", id="unknown style"),
        pytest.param(GOOD.replace('"AAA"', '"A!"'), "layout x of mine.toml", id="wrong pattern"),
        pytest.param(GOOD.replace("305", "0"), "positive size_mm", id="no size"),
    ],
)
def test_a_wrong_layout_file_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        parse_layouts(text, "mine.toml")
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_defaults_hold_where_a_layout_says_nothing_else() -> None:
    (layout,) = parse_layouts("[defaults]\nglyph_mm=50.0\n" + GOOD, "mine.toml")
    assert layout.glyph_mm == 50
    assert layout.style is Style.US


def test_a_layout_is_chosen_among_the_regions_asked_for() -> None:
    rng = np.random.default_rng(1)
    assert {choose_layout(rng, ("VN", "BR")).region for _ in range(60)} == {"VN", "BR"}


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(LayoutError, match="no layout's region starts with one of ZZ"):
        choose_layout(np.random.default_rng(1), ("ZZ",))
