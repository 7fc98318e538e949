"""A region whose plates are all of one pattern, a part of them listed, and what the join makes of a read there.

A region has ten million plates, a million of them listed; two passes of a thousand are of listed ones. Reads are
simulated from measured ones (`simulated_reads`). Pure, but for the generator.

Which plates are listed is chance, so a read is held not against one list but against all that matter to it: each plate
near it is taken as listed once, and counts as often as that plate stands on a list drawn at random (`World.density`).
The mean over all lists is the same; what was a handful of false hits becomes a hundred times as many, each of which
weighs a hundredth.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product

import numpy as np

from infra.bench.donors import Donors
from infra.bench.list_rules import ListedPlates
from infra.bench.simulated_reads import DIGITS, LETTERS, ranked
from recognizers.fold import fold
from recognizers.plate import Lattice
from recognizers.voting import best_texts
from streams.lookups import folded_texts
from streams.posterior import (
    Region,
    TextBelief,
    passing_mass,
    posterior,
    unlisted_posterior,
)
from streams.records import PlateCandidate

GROUPED, MIXED = "LLLDDDD", "???????"
"""Patterns of plates: L a letter, D a digit, ? either."""

REGISTERED, LISTED = 10_000_000, 1_000_000
LISTED_SHARE = 0.002
"""Of the passes, those of listed vehicles."""

_CANDIDATES, _ALTERNATIVES = 10, 4
_LEAST = 1e-4
"""Probability below which a text is not looked up."""


@dataclass(frozen=True, slots=True)
class World:
    """The region.

    Args:
        listed: one list, drawn at random.
        region: as the join knows it.
        donors: what plates are read as.
        pattern: of all plates.
        signs: the characters that a place of the pattern may have.
    """

    listed: ListedPlates
    region: Region
    donors: Donors
    pattern: str
    signs: Mapping[str, str]

    @property
    def density(self) -> float:
        """Probability that a plate of the pattern is listed."""
        return len(self.listed.plates) / strings_of(self.pattern, self.signs)

    def plate(self, rng: np.random.Generator) -> str:
        """A plate of the pattern."""
        return "".join(self.signs[place][int(rng.integers(len(self.signs[place])))] for place in self.pattern)

    def folding_to(self, folded: str) -> Iterator[str]:
        """All plates of the pattern, listed or not, with this folded text."""
        if len(folded) != len(self.pattern):
            return
        alike = (
            [sign for sign in self.signs[place] if fold(sign) == wanted]
            for place, wanted in zip(self.pattern, folded, strict=True)
        )
        yield from map("".join, product(*alike))

    def is_usual(self, text: str) -> bool:
        """Whether a grammar takes the text for a plate; of a pattern that mixes freely there is none to know."""
        if "?" in self.pattern:
            return True
        return len(text) == len(self.pattern) and all(
            c.isdigit() == (p == "D") for c, p in zip(text, self.pattern, strict=True)
        )


def strings_of(pattern: str, signs: Mapping[str, str]) -> int:
    """How many plates of a pattern there can be."""
    return math.prod(len(signs[place]) for place in pattern)


def build_world(donors: Donors, rng: np.random.Generator, *, pattern: str = GROUPED, listed: int = LISTED) -> World:
    """A list of random plates of the pattern, and the region that it is of."""
    known = donors.characters
    letters, digits = ("".join(c for c in some if c in known) for some in (LETTERS, DIGITS))
    signs = {"L": letters, "D": digits, "?": letters + digits}
    strings = strings_of(pattern, signs)
    chosen = rng.choice(strings, size=listed, replace=False)
    plates = ListedPlates([_nth_plate(int(number), pattern, signs) for number in chosen])
    registered = REGISTERED - listed
    frequency = (LISTED_SHARE / listed) / ((1 - LISTED_SHARE) / registered)
    return World(plates, Region(registered / strings, frequency, {}, 1.0), donors, pattern, signs)


def _nth_plate(number: int, pattern: str, signs: Mapping[str, str]) -> str:
    characters = []
    for place in pattern:
        number, rest = divmod(number, len(signs[place]))
        characters.append(signs[place][rest])
    return "".join(characters)


@dataclass(frozen=True, slots=True)
class SimulatedRead:
    """A read held against a list: the listed plates near it with the probability of each."""

    posteriors: dict[str, float]
    others: dict[str, float]
    """The likeliest plates that are on no list."""

    def rivals_of(self, entry: str) -> dict[str, float]:
        """All other plates that the read may be of, listed or not."""
        return self.others | {plate: p for plate, p in self.posteriors.items() if plate != entry}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A read after the grammar.

    Args:
        belief: what it says of the text.
        near: L of every plate of the pattern that is looked up for it, whether listed or not.
        region: that it was read in.
    """

    belief: TextBelief
    near: Mapping[str, float]
    region: Region

    @property
    def text(self) -> str:
        """The likeliest; empty where nothing was read."""
        return self.belief.candidates[0].plate if self.belief.candidates else ""

    def against(self, listed: Collection[str]) -> SimulatedRead:
        """What the join makes of it where these plates are listed; the same functions as in the worker."""
        fewer = listed if len(listed) < len(self.near) else self.near
        likelihoods = {plate: self.near[plate] for plate in fewer if plate in listed and plate in self.near}
        mass = passing_mass(likelihoods, self.belief, self.region)
        posteriors = {plate: posterior(p, mass, self.region) for plate, p in likelihoods.items()}
        others = {
            one.plate: unlisted_posterior(one.confidence, mass, self.region)
            for one in self.belief.candidates[:_ALTERNATIVES]
            if one.plate not in likelihoods
        }
        return SimulatedRead(posteriors, others)


def look_up(lattice: Lattice, world: World) -> Evidence:
    """What a lattice says, and the plates of the pattern that are looked up for it."""
    candidates: tuple[PlateCandidate, ...] = ranked(best_texts(lattice, _CANDIDATES), world.is_usual)
    folded = folded_texts(lattice, tuple(one.plate for one in candidates), _LEAST)
    belief = TextBelief(lattice, candidates)
    near = {plate: belief.probability(plate) for text in folded for plate in world.folding_to(text)}
    return Evidence(belief, near, world.region)


def listed_by_chance(reads: Sequence[Evidence], own: str, world: World, rng: np.random.Generator) -> frozenset[str]:
    """Of the plates near the reads, but for the vehicle's own, those on a list that is drawn at random."""
    near = [plate for plate in dict.fromkeys(chain.from_iterable(one.near for one in reads)) if plate != own]
    return frozenset(plate for plate, drawn in zip(near, rng.random(len(near)), strict=True) if drawn < world.density)


def each_listed(
    reads: Sequence[Evidence], own: str, by_chance: frozenset[str]
) -> Iterator[tuple[str, list[SimulatedRead]]]:
    """Reads of an unlisted vehicle, where one plate after another near them is listed, beside those by chance.

    What is counted of one weighs `World.density`. With I(t) whether t is listed, the mean number of false alerts is
    the sum over t of P(I(t)) E[alert for t | I(t)], and whether other plates are listed does not depend on I(t), but
    for one in a million.
    """
    for entry in dict.fromkeys(chain.from_iterable(one.near for one in reads)):
        if entry != own:
            listed = by_chance | {entry}
            yield entry, [one.against(listed) for one in reads]
