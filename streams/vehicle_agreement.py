"""How well a seen vehicle fits the one that a list describes, as likelihood ratios. Pure."""

from __future__ import annotations

from streams.records import Category, SeenAttribute, SeenVehicle, VehicleDescription

_MAKE_BASE, _COLOR_BASE = 0.08, 0.12
"""Share of the vehicles that are of one make, of one colour: about twelve makes and eight colours are common."""

_OTHER_MAKE, _OTHER_COLOR = 0.1, 0.3
"""Least that a difference leaves of the odds. Lists are wrong, colours change with the light, some are repainted."""

_SAME_COLORS = (
    ("BLK", "BLACK"), ("BLU", "BLUE", "DBL", "LBL"), ("BRO", "BROWN"), ("GLD", "GOLD", "YEL", "YELLOW"),
    ("GRN", "GREEN", "DGR", "LGR"), ("GRY", "GRAY", "GREY", "SIL", "SILVER"), ("MAR", "MAROON", "RED"),
    ("ONG", "ORANGE"), ("PLE", "PURPLE"), ("TAN", "BGE", "BEIGE"), ("WHI", "WHITE", "CRM", "CREAM"),
)  # fmt: skip
"""NCIC's codes and plain words of one colour, those together that cameras confuse."""

_MAKE_LETTERS = 3
"""NCIC writes makes with four letters (`TOYT`), others in full: the first three agree."""


def make_ratio(wanted: VehicleDescription | None, seen: SeenVehicle | None, category: Category) -> float:
    """How much likelier the seen make is if this is the wanted vehicle; 1 where either side does not say.

    A stolen plate is expected on another vehicle, so a difference says nothing there.
    """
    if wanted is None or seen is None or seen.make is None or not wanted.make:
        return 1.0
    if wanted.make.upper()[:_MAKE_LETTERS] == seen.make.value.upper()[:_MAKE_LETTERS]:
        return _agreement(seen.make, _MAKE_BASE)
    return 1.0 if category is Category.STOLEN_PLATE else _difference(seen.make, _MAKE_BASE, _OTHER_MAKE)


def color_ratio(wanted: VehicleDescription | None, seen: SeenVehicle | None, category: Category) -> float:
    """As `make_ratio`, of the colour."""
    if wanted is None or seen is None or seen.color is None or not wanted.color:
        return 1.0
    if _color(wanted.color) == _color(seen.color.value):
        return _agreement(seen.color, _COLOR_BASE)
    return 1.0 if category is Category.STOLEN_PLATE else _difference(seen.color, _COLOR_BASE, _OTHER_COLOR)


def most_ratio(seen: SeenVehicle | None) -> float:
    """The most that make and colour together could speak for any entry."""
    if seen is None:
        return 1.0
    make = _agreement(seen.make, _MAKE_BASE) if seen.make else 1.0
    return make * (_agreement(seen.color, _COLOR_BASE) if seen.color else 1.0)


def _agreement(seen: SeenAttribute, base: float) -> float:
    """P(seen | wanted) / P(seen | any vehicle), where a camera that errs gives each value by its share."""
    return (seen.confidence + (1 - seen.confidence) * base) / base


def _difference(seen: SeenAttribute, base: float, least: float) -> float:
    return max(least, (1 - seen.confidence) / (1 - base))


def _color(word: str) -> str:
    upper = word.upper().strip()
    for group in _SAME_COLORS:
        if upper in group:
            return group[0]
    return upper
