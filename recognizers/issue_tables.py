"""How often a jurisdiction issues a text: by its format, and by which letters stand in it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recognizers.plate import ALPHABET
from recognizers.rendering.layouts import Layout
from recognizers.rendering.serials import LETTERS, Choice, parse_pattern

_UNLISTED_US, _UNLISTED = 0.02, 0.002
"""Share of plates of formats that no table has: personal plates have any in the US, and hardly exist elsewhere, but
tables have gaps."""

_ALSO_ISSUED = 0.1  # share of the plates whose patterns are listed but never drawn

_LEAST_LENGTH, _MOST_LENGTH = 3, 8  # of a text in no listed format

_DIGIT, _LETTER = "9", "A"


@dataclass(frozen=True, slots=True)
class Listed:
    """One pattern of a table."""

    letters: frozenset[str]
    """That stand in it."""
    density: float
    """Probability of each single text of it."""


@dataclass(frozen=True, slots=True)
class IssueTable:
    """What one jurisdiction issues."""

    listed: Mapping[str, tuple[Listed, ...]]
    """Patterns by format."""
    ordinary: frozenset[str]
    """Formats of ordinary plates: the others belong to personal, old and special ones."""
    unlisted: float
    """Share of texts in any other format."""

    def density(self, text: str) -> float:
        """Probability that one plate of this jurisdiction carries exactly this text; never 0."""
        letters = {character for character in text if not character.isdigit()}
        fitting = (one.density for one in self.listed.get(format_of(text), ()) if letters <= one.letters)
        other = self.unlisted / (_MOST_LENGTH - _LEAST_LENGTH + 1) * float(len(ALPHABET)) ** -max(len(text), 1)
        return other + sum(fitting)


def format_of(text: str) -> str:
    """The text's format: 9 for each digit, A for each letter."""
    return "".join(_DIGIT if character.isdigit() else _LETTER for character in text)


def build_table(layouts: Sequence[Layout]) -> IssueTable:
    """The table of one jurisdiction's layouts, each as common as its weight says."""
    is_american = any(layout.region.startswith("US") for layout in layouts)
    unlisted = _UNLISTED_US if is_american else _UNLISTED
    weight = sum(layout.weight for layout in layouts) or 1.0
    listed: dict[str, list[Listed]] = {}
    ordinary: set[str] = set()
    for layout in layouts:
        share = (1 - unlisted) * (layout.weight or 1.0) / weight
        rare = layout.rare_share if layout.rare_patterns else 0.0
        seldom = _ALSO_ISSUED if layout.also_issued else 0.0
        kinds = (
            (layout.patterns, layout.letters, (1 - rare) * (1 - seldom), True),
            (layout.also_issued, layout.letters, (1 - rare) * seldom, True),
            (layout.rare_patterns, layout.rare_letters, rare, False),
        )
        for patterns, letters, part, is_ordinary in kinds:
            for pattern in patterns:
                for form, entry in _entries(pattern, letters, share * part / len(patterns)):
                    listed.setdefault(form, []).append(entry)
                    ordinary |= {form} if is_ordinary else set()
    return IssueTable({form: _merged(entries) for form, entries in listed.items()}, frozenset(ordinary), unlisted)


def _entries(pattern: str, letters: str, share: float) -> list[tuple[str, Listed]]:
    """The formats of a pattern: a choice of words may give several."""
    slots = [slot for slot in parse_pattern(pattern, letters) if isinstance(slot, Choice)]
    count = math.prod(len(slot.options) for slot in slots)
    used = frozenset(c for slot in slots for option in slot.options for c in option if c in LETTERS)
    forms = itertools.product(*({format_of(option) for option in slot.options} for slot in slots))
    return [("".join(form), Listed(used, share / count)) for form in forms]


def _merged(entries: Sequence[Listed]) -> tuple[Listed, ...]:
    """Patterns of the same letters as one: fewer to look through."""
    sums: dict[frozenset[str], float] = {}
    for entry in entries:
        sums[entry.letters] = sums.get(entry.letters, 0.0) + entry.density
    return tuple(Listed(letters, density) for letters, density in sums.items())
