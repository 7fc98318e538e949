"""Which serial formats are issued. Settles what a reader cannot see, such as 0 and O drawn alike; invents nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from recognizers.plate import Candidate
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.serials import Choice, parse_pattern

UNKNOWN_FORMAT = 0.1
"""Odds of a text whose format is nobody's ordinary one against one whose format is. Personal, old and special plates
are about a quarter of the rendered American ones, but spread over so many formats that each is rarer by far. Lower
would turn personal plates into ordinary ones; higher would leave 0 and O to chance."""

_DIGIT, _LETTER = "9", "A"


@dataclass(frozen=True, slots=True)
class Grammar:
    """Re-ranks candidates by whether their format is issued; see `format_of`."""

    formats: frozenset[str]

    def knows(self, text: str) -> bool:
        """Whether the text has a format that is issued."""
        return format_of(text) in self.formats

    def rerank(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The same candidates, their probabilities weighed by format and scaled to the same sum, best first."""
        weighed = [
            candidate.confidence * (1.0 if self.knows(candidate.text) else UNKNOWN_FORMAT) for candidate in candidates
        ]
        total = sum(weighed)
        if not total:
            return tuple(candidates)
        scale = sum(candidate.confidence for candidate in candidates) / total
        ranked = [Candidate(one.text, min(1.0, p * scale)) for one, p in zip(candidates, weighed, strict=True)]
        return tuple(sorted(ranked, key=lambda candidate: (-candidate.confidence, candidate.text)))


def format_of(text: str) -> str:
    """The text's format: 9 for each digit, A for each letter."""
    return "".join(_DIGIT if character.isdigit() else _LETTER for character in text)


@cache
def issued_formats() -> Grammar:
    """The ordinary formats of all layouts that are known, of whichever jurisdiction."""
    return Grammar(frozenset(form for layout in load_layouts().values() for form in _formats(layout.patterns)))


def _formats(patterns: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for pattern in patterns:
        slots = [slot for slot in parse_pattern(pattern) if isinstance(slot, Choice)]
        found |= {"".join(parts) for parts in itertools.product(*({format_of(o) for o in s.options} for s in slots))}
    return frozenset(found)
