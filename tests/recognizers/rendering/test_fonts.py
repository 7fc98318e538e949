from __future__ import annotations

from pathlib import Path

import pytest

from recognizers.plate import ALPHABET
from recognizers.rendering import glyphs

FONTS = Path(glyphs.__file__).parent / "fonts"


@pytest.mark.parametrize("name", glyphs.font_index())
def test_a_font_lies_beside_its_licence_and_has_all_characters(name: str) -> None:
    entry = glyphs.font_index()[name]
    assert (FONTS / entry.file).is_file()
    assert (FONTS / f"{name}.LICENSE.txt").stat().st_size > 1000
    assert entry.licence in {"OFL-1.1", "Apache-2.0", "Bitstream-Vera"}
    for character in ALPHABET + glyphs.BAR + glyphs.FLIPPED_M:
        mask = glyphs.glyph(name, character)
        assert mask.shape[0] == glyphs.CAP_PX
        assert mask.max() > 200


def test_no_file_of_the_folder_is_unaccounted_for() -> None:
    known = {"index.toml"} | {f"{name}.LICENSE.txt" for name in glyphs.font_index()}
    known |= {entry.file for entry in glyphs.font_index().values()}
    assert {path.name for path in FONTS.iterdir()} == known


def test_bolder_strokes_cover_more() -> None:
    thin, plain, bold = (glyphs.glyph("Overpass", "H", amount) for amount in (-2, 0, 3))
    assert (thin > 127).mean() < (plain > 127).mean() < (bold > 127).mean()
