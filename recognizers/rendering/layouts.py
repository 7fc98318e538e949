"""Layouts of plates: what a jurisdiction's plate looks like and which texts it carries, read from layouts/*.toml."""

from __future__ import annotations

from enum import Enum
from functools import cache
from importlib import resources

import msgspec
import numpy as np

from recognizers.rendering.emblems import Emblem
from recognizers.rendering.errors import LayoutError
from recognizers.rendering.serials import LETTERS, parse_pattern


class Style(Enum):
    """The family of a plate, which decides how its face is drawn."""

    US = "us"
    EUROPE = "europe"
    BRAZIL_OLD = "brazil-old"
    MERCOSUR = "mercosur"
    VIETNAM = "vietnam"


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of plate. Colours are `#rrggbb`; a ground may be a gradient from top to bottom, `#a>#b>#c`."""

    name: str
    region: str
    style: Style
    size_mm: tuple[int, int]
    """Width and height."""
    patterns: tuple[str, ...]
    also_issued: tuple[str, ...] = ()
    """Ordinary patterns that are not drawn, as `patterns` shows enough of their kind; a read may have them."""
    rare_patterns: tuple[str, ...] = ()
    """Drawn instead of `patterns` in `rare_share` of the plates: personal, old and special plates."""
    rare_share: float = 0.0
    weight: float = 1.0
    letters: str = LETTERS
    """That A and X stand for in `patterns`."""
    rare_letters: str = LETTERS
    glyph_mm: float = 70.0
    """Height of a character on a one-line plate; lines of a two-line plate share the room."""
    grounds: tuple[str, ...] = ("#f4f5f2",)
    inks: tuple[str, ...] = ("#1b1c1e",)
    """The ink of the same place as the ground, or the only one."""
    titles: tuple[str, ...] = ()
    slogans: tuple[str, ...] = ()
    title_ink: str = "#22336b"
    emblems: tuple[Emblem, ...] = ()
    """Emblems that fit in an `@` of the pattern; empty: any."""
    country: str = ""
    """Letters in the blue band."""
    fonts: tuple[str, ...] = ()
    """Fonts that come near the real one; empty: any. A share of the plates is stamped with dies all the same."""

    @property
    def jurisdiction(self) -> str:
        """The code of who issues it, one of `recognizers.jurisdictions`."""
        return self.region.removeprefix("EU-")


class _LayoutFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layouts: tuple[dict[str, object], ...]
    defaults: dict[str, object] = {}


def parse_layouts(text: str, origin: str) -> tuple[Layout, ...]:
    """The layouts of one TOML file; `[defaults]` holds for every layout that does not say otherwise.

    Raises:
        LayoutError: the text is no TOML, has an unknown key, a wrong value or a pattern that cannot be parsed.
    """
    try:
        file = msgspec.toml.decode(text, type=_LayoutFile)
        layouts = tuple(msgspec.convert({**file.defaults, **entry}, Layout) for entry in file.layouts)
    except msgspec.MsgspecError as error:
        msg = f"layout file {origin} is wrong: {error}"
        raise LayoutError(msg) from error
    for layout in layouts:
        _check(layout, origin)
    return layouts


def _check(layout: Layout, origin: str) -> None:
    if not layout.patterns or min(layout.size_mm) <= 0 or layout.weight < 0:
        msg = f"layout {layout.name} of {origin} needs a pattern, a positive size_mm and a weight of at least 0"
        raise LayoutError(msg)
    for pattern in layout.patterns + layout.also_issued + layout.rare_patterns:
        try:
            parse_pattern(pattern)
        except LayoutError as error:
            msg = f"layout {layout.name} of {origin}: {error}"
            raise LayoutError(msg) from error


@cache
def load_layouts() -> dict[str, Layout]:
    """All bundled layouts by name."""
    folder = resources.files("recognizers.rendering").joinpath("layouts")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    found: dict[str, Layout] = {}
    for file in files:
        for layout in parse_layouts(file.read_text(encoding="utf-8"), file.name):
            if layout.name in found:
                msg = f"layout {layout.name} stands twice in layouts/; give one of them another name"
                raise LayoutError(msg)
            found[layout.name] = layout
    return found


@cache
def _shares(region_prefixes: tuple[str, ...]) -> tuple[tuple[Layout, ...], tuple[float, ...]]:
    chosen = [layout for layout in load_layouts().values() if layout.region.startswith(region_prefixes)]
    total = sum(layout.weight for layout in chosen)
    if not total:
        msg = f"no layout's region starts with one of {', '.join(region_prefixes)}; see layouts/*.toml for the regions"
        raise LayoutError(msg)
    return tuple(chosen), tuple(layout.weight / total for layout in chosen)


def choose_layout(rng: np.random.Generator, region_prefixes: tuple[str, ...] = ("",)) -> Layout:
    """A layout drawn by weight among those whose region starts with one of the prefixes (`US`, `US-CA`, `EU`, …).

    Raises:
        LayoutError: no layout is of these regions.
    """
    layouts, shares = _shares(region_prefixes)
    return layouts[int(rng.choice(len(layouts), p=shares))]
