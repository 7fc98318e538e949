"""A region whose plates are all of one pattern, a part of them listed, and what the join makes of a read there.

A region has ten million plates, a million of them listed; two passes of a thousand are of listed ones. Reads are
simulated from measured ones (`simulated_reads`). Pure, but for the generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infra.bench.list_rules import ListedPlates
from infra.bench.simulated_reads import DIGITS, LETTERS, Donors, known_characters, ranked
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

_PATTERN = "LLLDDDD"
REGISTERED, LISTED = 10_000_000, 1_000_000
LISTED_SHARE = 0.002
"""Of the passes, those of listed vehicles."""

_CANDIDATES, _ALTERNATIVES = 10, 4


@dataclass(frozen=True, slots=True)
class World:
    """The region."""

    listed: ListedPlates
    region: Region
    donors: Donors
    letters: str
    digits: str

    def plate(self, rng: np.random.Generator) -> str:
        """A plate of the pattern."""
        return "".join(
            self.letters[int(rng.integers(len(self.letters)))]
            if place == "L"
            else self.digits[int(rng.integers(len(self.digits)))]
            for place in _PATTERN
        )

    def unlisted_plate(self, rng: np.random.Generator) -> str:
        """A registered plate that is on no list."""
        while (plate := self.plate(rng)) in self.listed.plates:
            pass
        return plate


def build_world(donors: Donors, rng: np.random.Generator, listed: int = LISTED) -> World:
    """A list of random plates of the pattern, and the region that it is of."""
    known = known_characters(donors)
    letters, digits = ("".join(c for c in some if c in known) for some in (LETTERS, DIGITS))
    strings = len(letters) ** _PATTERN.count("L") * len(digits) ** _PATTERN.count("D")
    chosen = rng.choice(strings, size=listed, replace=False)
    plates = ListedPlates([_nth_plate(int(number), letters, digits) for number in chosen])
    registered = REGISTERED - listed
    frequency = (LISTED_SHARE / listed) / ((1 - LISTED_SHARE) / registered)
    return World(plates, Region(registered / strings, frequency, {}, 1.0), donors, letters, digits)


def _nth_plate(number: int, letters: str, digits: str) -> str:
    characters = []
    for place in _PATTERN:
        some = letters if place == "L" else digits
        number, rest = divmod(number, len(some))
        characters.append(some[rest])
    return "".join(characters)


@dataclass(frozen=True, slots=True)
class SimulatedRead:
    """A read after the grammar, and the listed plates near it with the probability of each."""

    candidates: tuple[PlateCandidate, ...]
    posteriors: dict[str, float]
    others: dict[str, float]
    """The likeliest plates that are on no list."""

    def rivals_of(self, entry: str) -> dict[str, float]:
        """All other plates that the read may be of, listed or not."""
        return self.others | {plate: p for plate, p in self.posteriors.items() if plate != entry}


def read(lattice: Lattice, world: World) -> SimulatedRead:
    """What the join makes of a lattice; the same functions as in the worker."""
    candidates = ranked(best_texts(lattice, _CANDIDATES), _fits)
    least = 1e-4
    folded = folded_texts(lattice, tuple(one.plate for one in candidates), least)
    listed = {plate for text in folded for plate in world.listed.folding_to(text)}
    belief = TextBelief(lattice, candidates)
    likelihoods = {plate: belief.probability(plate) for plate in listed}
    mass = passing_mass(likelihoods, belief, world.region)
    posteriors = {plate: posterior(p, mass, world.region) for plate, p in likelihoods.items()}
    others = {
        one.plate: unlisted_posterior(one.confidence, mass, world.region)
        for one in candidates[:_ALTERNATIVES]
        if one.plate not in listed
    }
    return SimulatedRead(candidates, posteriors, others)


def _fits(text: str) -> bool:
    return len(text) == len(_PATTERN) and all(c.isdigit() == (p == "D") for c, p in zip(text, _PATTERN, strict=True))
