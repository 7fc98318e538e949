"""How probable it is that a passing plate is a wanted one, by what was read of it. Pure.

A read gives each text s a probability L(s), as if every string were as likely to pass. Only registered plates pass: a
string that is on no list is registered with probability rho. A listed vehicle passes w times as often as another, for
long lists hold many that are elsewhere or off the road. So

    P(e | read) = w L(e) / (w S + rho (1 - S)),    S = sum of L over the listed plates,

because the reader's mass on unlisted strings counts only where a plate stands on them. Of the mass that a read leaves
to texts which it does not name, most is on strings that are no plate of any pattern. A plate is a text and a state:
L(text, state) = L(text) A(state), so that the same text of another state is another plate. What speaks for or against
the vehicle itself multiplies the odds. Derived and simulated before it was built: docs/matching.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recognizers.jurisdictions import COUNTRIES, US, US_STATES, nation_of
from recognizers.plate import NONE, Lattice
from streams.records import PlateCandidate, StateCandidate

_UNMENTIONED = 1e-5
"""Probability of a character that a position does not mention; a lattice leaves out what is below 0.001."""

_STATE_TRUST = 0.95
"""Share of a state's reading that is believed; the rest is spread over all. Among states given with 0.8 and more, one
in seventy was wrong on the photographs that it was measured with; elsewhere expect more."""


_UNNAMED_ON_PLATES = 0.05
"""Share of the mass of unnamed texts that counts as if it stood on strings of the patterns. Fitted on simulated reads
of other seeds than those of `platewatch bench matching`: 0 promised too much, 1 far too little."""


@dataclass(frozen=True, slots=True)
class TextBelief:
    """What a read says of the plate's text: its likeliest texts, calibrated, and the lattice for all others."""

    lattice: Lattice
    candidates: Sequence[PlateCandidate]

    @property
    def named(self) -> float:
        """The mass of the candidates together."""
        return min(1.0, sum(candidate.confidence for candidate in self.candidates))

    @property
    def unnamed(self) -> float:
        """The mass of texts that are not named, as far as it counts.

        The more a read leaves unnamed, the more of that counts: it was fitted to reads that leave little. A camera that
        names one text, or none, says nothing of the others, so all that it leaves is theirs.
        """
        left = 1.0 - self.named
        if len(self.candidates) <= 1:
            return left
        return left * (_UNNAMED_ON_PLATES + (1 - _UNNAMED_ON_PLATES) * left)

    def probability(self, text: str) -> float:
        """That the plate carries exactly this text, as if every string were as likely to pass; in [0, 1]."""
        told = 0.0
        for candidate in self.candidates:
            if candidate.plate == text:
                return candidate.confidence
            told += candidate.confidence
        # The candidates are the likeliest texts: no other can be likelier than the last, or than what they leave.
        least = self.candidates[-1].confidence if self.candidates else 1.0
        return min(lattice_probability(self.lattice, text), least, max(0.0, 1.0 - told))


def lattice_probability(lattice: Lattice, text: str) -> float:
    """Sum over all ways in which the positions spell the text; each may also be empty.

    Forward algorithm: after each position, how probably the first j characters were spelt.
    """
    if len(lattice) == len(text) and all(NONE not in column for column in lattice):
        product = 1.0
        for column, character in zip(lattice, text, strict=True):
            product *= column.get(character, _UNMENTIONED)
        return product
    spelt = [1.0] + [0.0] * len(text)
    for column in lattice:
        empty = column.get(NONE, 0.0)
        for j in range(len(text), 0, -1):
            spelt[j] = spelt[j] * empty + spelt[j - 1] * column.get(text[j - 1], _UNMENTIONED)
        spelt[0] *= empty
    return min(1.0, spelt[-1])


def pattern_probability(lattice: Lattice, pattern: str) -> float:
    """That the plate fits a pattern with `?` for one character and `*` for any number of them, in [0, 1].

    The pattern is run as a set of places reached, so that a text that fits in several ways counts once.
    """
    reached: dict[frozenset[int], float] = {_closure(pattern, {0}): 1.0}
    for column in lattice:
        after: dict[frozenset[int], float] = {}
        for places, p in reached.items():
            for character, q in column.items():
                stepped = places if character == NONE else _closure(pattern, _stepped(pattern, places, character))
                if stepped:
                    after[stepped] = after.get(stepped, 0.0) + p * q
        reached = after
    return min(1.0, sum(p for places, p in reached.items() if len(pattern) in places))


def _stepped(pattern: str, places: Iterable[int], character: str) -> set[int]:
    after = set()
    for place in places:
        if place < len(pattern):
            wanted = pattern[place]
            if wanted == "*":
                after.add(place)
            elif wanted in {"?", character}:
                after.add(place + 1)
    return after


def _closure(pattern: str, places: set[int]) -> frozenset[int]:
    """With the places that are reached for nothing: a `*` may stand for no character."""
    closed = set(places)
    for place in sorted(places):
        after = place
        while after < len(pattern) and pattern[after] == "*":
            after += 1
            closed.add(after)
    return frozenset(closed)


@dataclass(frozen=True, slots=True)
class Region:
    """What is known of the traffic of a place.

    Args:
        registered_share: rho, the share of a pattern's strings that stand on a plate.
        listed_frequency: w, how often a listed vehicle passes against any other.
        state_shares: share of the traffic by state or country of issue (`US-KY`, `DE`); need not sum to 1.
        other_state_share: share of a state that is not among them.
    """

    registered_share: float
    listed_frequency: float
    state_shares: Mapping[str, float]
    other_state_share: float

    def share_of(self, state: str) -> float:
        """Share of the passing plates that this state issued."""
        return min(1.0, max(1e-6, self.state_shares.get(state, self.other_state_share)))


def state_belief(state: str | None, seen: Sequence[StateCandidate], region: Region) -> float:
    """A: probability that the plate is of the entry's state, by what was seen and by the region's traffic.

    1 where the entry says "any state". Without anything seen it is the state's share of the traffic.

    Args:
        state: of the entry, `US-KY` or `DE`.
        seen: what the camera makes of the state, each as if all states passed as often.
        region: of the camera.
    """
    if state is None:
        return 1.0
    before = 1 / len(US_STATES) if nation_of(state) == US else 1 / len(COUNTRIES)
    after = _reading_of(state, seen)
    if after is None:
        return region.share_of(state)
    after = _STATE_TRUST * after + (1 - _STATE_TRUST) * before
    share = region.share_of(state)
    wanted, others = share * after / before, (1 - share) * (1 - after) / (1 - before)
    return wanted / (wanted + others)


def _reading_of(state: str, seen: Sequence[StateCandidate]) -> float | None:
    """The camera's probability of the state; None where it says nothing."""
    told = {one.state: one.confidence for one in seen}
    total = sum(told.values())
    if not total:
        return None
    if nation_of(state) != US:
        return told.get(state, 0.0) / max(1.0, total)
    # A US plate whose state could not be seen may be of any.
    of_any = told.get(US, 0.0) / len(US_STATES)
    return (told.get(state, 0.0) + of_any) / max(1.0, total)


@dataclass(frozen=True, slots=True)
class ListedPlate:
    """A listed plate near a read: its text, its state or None for any, and L."""

    text: str
    state: str | None
    likelihood: float


def listed_masses(plates: Iterable[ListedPlate]) -> dict[str, float]:
    """Of each text the reader's mass on its listed plates; one that stands on several lists counts once.

    An entry of any state wants all plates of its text, so it covers the entries of that text that name one.
    """
    by_text: dict[str, dict[str | None, float]] = {}
    for plate in plates:
        by_text.setdefault(plate.text, {})[plate.state] = plate.likelihood
    return {
        text: min(1.0, states[None] if None in states else sum(states.values())) for text, states in by_text.items()
    }


def passing_mass(listed: Mapping[str, float], belief: TextBelief, region: Region) -> float:
    """The denominator: all that the read may be of, each by how often it passes.

    Args:
        listed: by text, as `listed_masses`.
        belief: of the read.
        region: of the camera.
    """
    named = {candidate.plate: candidate.confidence for candidate in belief.candidates}
    unlisted = sum(max(0.0, p - listed.get(text, 0.0)) for text, p in named.items())
    # Listed texts that are no candidates are of what the candidates leave.
    beyond = sum(p for text, p in listed.items() if text not in named)
    left = max(0.0, 1.0 - belief.named)
    within = sum(min(p, named[text]) for text, p in listed.items() if text in named)
    wanted = within + min(beyond, left)
    return region.listed_frequency * wanted + region.registered_share * (unlisted + max(0.0, belief.unnamed - beyond))


def posterior(likelihood: float, mass: float, region: Region) -> float:
    """P(e | read) of a listed plate.

    Args:
        likelihood: L(e).
        mass: `passing_mass` of the read.
        region: of the camera.
    """
    return min(1.0, region.listed_frequency * likelihood / mass) if mass > 0 else 0.0


def unlisted_posterior(likelihood: float, mass: float, region: Region) -> float:
    """P(s | read) of a plate that is on no list: it may not be registered at all. Arguments as of `posterior`."""
    return min(1.0, region.registered_share * likelihood / mass) if mass > 0 else 0.0


def with_ratio(probability: float, ratio: float) -> float:
    """The probability after evidence that is `ratio` times likelier if it is true: the odds are multiplied."""
    wanted = probability * ratio
    return wanted / (wanted + 1 - probability) if wanted else 0.0
