"""Which texts are issued where, and how often. Settles what a reader cannot see, such as 0 and O drawn alike.

A reader has learnt, with everything else, how often each text stood before it in training. Where a plate's issuer is
known better than that, its texts are weighed anew: by how often the issuer issues them, against how often training
showed them. Between texts that the same issuers issue as often, nothing changes. It re-ranks what was seen and invents
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from recognizers.issue_tables import IssueTable, build_table, format_of
from recognizers.jurisdictions import STATES, US, nation_of
from recognizers.plate import Candidate, Issuer
from recognizers.rendering.layouts import Layout, load_layouts

SHOWN: Mapping[str, float] = {"US": 0.46, "EU": 0.25, "BR": 0.13, "AR": 0.02, "VN": 0.14}
"""Share of the worlds of plates, by the beginnings of their layouts' regions, in what the reader is trained on: worlds
whose plates differ, not numbers of cars."""

_TRUST = 0.98
"""Share of the issuers' probabilities that is believed. The rest is as in training, so that a wrong issuer is not the
end of a clear read."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a plate reads and who issued it, each in the light of the other; best first."""

    texts: tuple[Candidate, ...]
    issuers: tuple[Issuer, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Weighs texts by issuers and states by texts."""

    tables: Mapping[str, IssueTable]
    """Of each jurisdiction, and of `US` for plates whose state is not known."""
    shown: Mapping[str, float]
    """How often training showed each jurisdiction; sums to 1. `US` is not among them: its states are."""

    def settle(self, candidates: Sequence[Candidate], issuers: Sequence[Issuer]) -> Settled:
        """Texts weighed by who may have issued them, and states by the best text."""
        texts = self.rerank(candidates, issuers)
        return Settled(texts, self.weigh_states(issuers, texts[0].text) if texts else tuple(issuers))

    def rerank(self, candidates: Sequence[Candidate], issuers: Sequence[Issuer] = ()) -> tuple[Candidate, ...]:
        """The same candidates, their probabilities weighed by issuers and scaled to the same sum, best first."""
        weighed = [candidate.confidence * self.odds(candidate.text, issuers) for candidate in candidates]
        total = sum(weighed)
        if not total:
            return tuple(candidates)
        scale = sum(candidate.confidence for candidate in candidates) / total
        ranked = [Candidate(one.text, min(1.0, p * scale)) for one, p in zip(candidates, weighed, strict=True)]
        return tuple(sorted(ranked, key=lambda candidate: (-candidate.confidence, candidate.text)))

    def odds(self, text: str, issuers: Sequence[Issuer]) -> float:
        """How much likelier the text is where these may have issued the plate than it was in training."""
        trained = sum(share * self.tables[code].density(text) for code, share in self.shown.items())
        known = [one for one in issuers if one.code in self.tables]
        believed = min(1.0, sum(one.probability for one in known)) * _TRUST
        issued = sum(one.probability * _TRUST * self.tables[one.code].density(text) for one in known)
        return issued / trained + (1 - believed)

    def weigh_states(self, issuers: Sequence[Issuer], text: str) -> tuple[Issuer, ...]:
        """The issuers, the states weighed by how often each issues the text; nations keep their share.

        A state is told by its words, which know nothing of the text. A nation was told with the text in view: weighing
        it again would count the text twice.
        """
        states = [one for one in issuers if one.code in STATES]
        share = sum(one.probability for one in states)
        weighed = {one.code: one.probability * self.tables[one.code].density(text) for one in states}
        total = sum(weighed.values())
        if not total:
            return tuple(issuers)
        others = [one for one in issuers if one.code not in STATES]
        ranked = [*others, *(Issuer(code, share * p / total) for code, p in weighed.items())]
        return tuple(sorted(ranked, key=lambda one: (-one.probability, one.code)))

    def is_issued(self, text: str, issuers: Sequence[Issuer] = ()) -> bool:
        """Whether the nations that may have issued the plate issue ordinary texts of this format, more likely than not.

        Of a nation, not of a state: older and special plates of one state have the formats of others.
        """
        form = format_of(text)
        known = [one for one in issuers if nation_of(one.code) in self.tables]
        issued = sum(one.probability * (form in self.tables[nation_of(one.code)].ordinary) for one in known)
        rest = max(0.0, 1 - sum(one.probability for one in known))
        anywhere = any(form in table.ordinary for table in self.tables.values())
        return issued + rest * anywhere >= 0.5  # noqa: PLR2004 - more likely than not


@cache
def issued_formats() -> Grammar:
    """The grammar of all bundled layouts."""
    return build_grammar(load_layouts().values(), SHOWN)


def build_grammar(layouts: Iterable[Layout], shown: Mapping[str, float]) -> Grammar:
    """The grammar of these layouts.

    Args:
        layouts: of every jurisdiction.
        shown: share of each world in training, by the beginning of its layouts' regions; worlds without layouts count
            for nothing.
    """
    every = list(layouts)
    codes = tuple(dict.fromkeys(layout.jurisdiction for layout in every))
    tables = {code: build_table([one for one in every if one.jurisdiction == code]) for code in codes}
    american = [one for one in every if nation_of(one.jurisdiction) == US]
    if american:
        tables[US] = build_table(american)
    shares = dict.fromkeys(codes, 0.0)
    for world, share in shown.items():
        members = [one for one in every if one.region.startswith(world)]
        weight = sum(one.weight for one in members)
        for one in members:
            shares[one.jurisdiction] += share * one.weight / weight
    total = sum(shares.values())
    return Grammar(tables, {code: share / total for code, share in shares.items()})
