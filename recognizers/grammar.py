"""Which serial formats are issued where. Settles what a reader cannot see, such as 0 and O drawn alike."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from recognizers.jurisdictions import NO_PLATE, US, nation_of
from recognizers.plate import Candidate, Issuer
from recognizers.rendering.layouts import Layout, load_layouts
from recognizers.rendering.serials import Choice, parse_pattern

PERSONAL_US, PERSONAL_ELSEWHERE, NO_PERSONAL = 0.1, 0.03, 0.004
"""Odds of a text in none of a jurisdiction's formats against one in its formats. Personal, old and special plates are
about a quarter of the rendered American ones, but spread over so many formats that each is rarer by far; elsewhere they
hardly exist, but our tables have gaps; `NO_PERSONAL` is for those whose tables have none. Lower would turn personal
plates into ordinary ones; higher would leave 0 and O to chance."""

_COMPLETE = frozenset({"AR", "BR", "ES", "FR", "IT", "VN"})

UNUSUAL_LETTER = 0.4
"""Odds of a serial with a letter that the jurisdiction keeps out of ordinary ones (I, O, Q) against one without."""

_TRUST = 0.97
"""Share of the issuers' probabilities that is believed; the rest is spread over all that is issued anywhere. A wrong
issuer is not the end of a clear read."""

_DIGIT, _LETTER = "9", "A"


@dataclass(frozen=True, slots=True)
class Formats:
    """What one jurisdiction issues: each format with the letters that it is made of."""

    letters: Mapping[str, frozenset[str]]
    personal: float
    """Odds of any other format."""

    def odds(self, text: str) -> float:
        """How likely the text is, against one in an ordinary format."""
        allowed = self.letters.get(format_of(text))
        if allowed is None:
            return self.personal
        return 1.0 if all(c in allowed for c in text if not c.isdigit()) else UNUSUAL_LETTER


@dataclass(frozen=True, slots=True)
class Settled:
    """What a plate reads and who issued it, each in the light of the other; best first."""

    texts: tuple[Candidate, ...]
    issuers: tuple[Issuer, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Re-ranks candidates by whether their format is issued; see `format_of`."""

    jurisdictions: Mapping[str, Formats]
    anywhere: Formats

    def is_issued(self, text: str, issuers: Sequence[Issuer] = ()) -> bool:
        """Whether those who may have issued the plate issue texts of this format, more likely than not."""
        known = [one for one in issuers if one.code in self.jurisdictions]
        form = format_of(text)
        issued = sum(one.probability * (form in self.jurisdictions[one.code].letters) for one in known)
        rest = max(0.0, 1 - sum(one.probability for one in known))
        return issued + rest * (form in self.anywhere.letters) >= 0.5  # noqa: PLR2004 - more likely than not

    def settle(self, candidates: Sequence[Candidate], issuers: Sequence[Issuer]) -> Settled:
        """Texts weighed by who may have issued them, and those weighed by the best text."""
        texts = self.rerank(candidates, issuers)
        return Settled(texts, self.weigh_issuers(issuers, texts[0].text) if texts else tuple(issuers))

    def odds(self, text: str, issuers: Sequence[Issuer]) -> float:
        """How likely the text is by its format alone, where these may have issued it."""
        known = [one for one in issuers if one.code in self.jurisdictions]
        believed = sum(one.probability for one in known) * _TRUST
        by_issuer = sum(one.probability * _TRUST * self.jurisdictions[one.code].odds(text) for one in known)
        return by_issuer + (1 - believed) * self.anywhere.odds(text)

    def rerank(self, candidates: Sequence[Candidate], issuers: Sequence[Issuer] = ()) -> tuple[Candidate, ...]:
        """The same candidates, their probabilities weighed by format and scaled to the same sum, best first."""
        weighed = [candidate.confidence * self.odds(candidate.text, issuers) for candidate in candidates]
        total = sum(weighed)
        if not total:
            return tuple(candidates)
        scale = sum(candidate.confidence for candidate in candidates) / total
        ranked = [Candidate(one.text, min(1.0, p * scale)) for one, p in zip(candidates, weighed, strict=True)]
        return tuple(sorted(ranked, key=lambda candidate: (-candidate.confidence, candidate.text)))

    def weigh_issuers(self, issuers: Sequence[Issuer], text: str) -> tuple[Issuer, ...]:
        """The issuers, weighed by whether they issue the text's format and scaled to the same sum, best first."""
        weighed = [one.probability * (self.jurisdictions.get(one.code, self.anywhere).odds(text)) for one in issuers]
        total = sum(weighed)
        if not total:
            return tuple(issuers)
        scale = sum(one.probability for one in issuers) / total
        ranked = [Issuer(one.code, min(1.0, p * scale)) for one, p in zip(issuers, weighed, strict=True)]
        return tuple(sorted(ranked, key=lambda one: (-one.probability, one.code)))


def format_of(text: str) -> str:
    """The text's format: 9 for each digit, A for each letter."""
    return "".join(_DIGIT if character.isdigit() else _LETTER for character in text)


@cache
def issued_formats() -> Grammar:
    """The ordinary formats of all layouts that are known, by jurisdiction."""
    layouts = load_layouts().values()
    codes = dict.fromkeys(layout.jurisdiction for layout in layouts)
    return build_grammar({code: [one for one in layouts if one.jurisdiction == code] for code in codes})


def build_grammar(layouts: Mapping[str, Sequence[Layout]]) -> Grammar:
    """The grammar of these layouts, given by jurisdiction."""
    tables = {code: _letters_by_format(ones) for code, ones in layouts.items() if code != NO_PLATE}
    jurisdictions = {code: Formats(table, _personal(code)) for code, table in tables.items()}
    states = _merged([table for code, table in tables.items() if nation_of(code) == US])
    jurisdictions[US] = Formats(states, PERSONAL_US)  # where the state could not be told
    return Grammar(jurisdictions, Formats(_merged(list(tables.values())), PERSONAL_US))


def _merged(tables: Sequence[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for table in tables:
        for form, letters in table.items():
            merged[form] = merged.get(form, frozenset()) | letters
    return merged


def _personal(code: str) -> float:
    if nation_of(code) == US:
        return PERSONAL_US
    return NO_PERSONAL if code in _COMPLETE else PERSONAL_ELSEWHERE


def _letters_by_format(layouts: Sequence[Layout]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for layout in layouts:
        for pattern in layout.patterns + layout.also_issued:
            slots = [slot for slot in parse_pattern(pattern, layout.letters) if isinstance(slot, Choice)]
            letters = frozenset(c for slot in slots for option in slot.options for c in option if not c.isdigit())
            for parts in itertools.product(*({format_of(option) for option in slot.options} for slot in slots)):
                form = "".join(parts)
                found[form] = found.get(form, frozenset()) | letters
    return found
