"""What a threshold costs: wanted vehicles that it finds, and false alerts in a day. `platewatch hotlist simulate`.

False alerts of a short list are so rare that no simulation sees one. So each read of a vehicle on no list is asked of
every text that it may be taken for: were that text listed, how probable would its entry be? An alert counts as much as
such texts are listed, by category and state: entries over strings of the format. That is the expected number of alerts
over all lists of this size and these formats, and its error is small for short lists too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from infra.bench.category_scores import CategoryScores
from infra.bench.donors import Donors
from infra.bench.errors import BenchError
from infra.bench.listed_traffic import ListedTraffic, Wanted, is_string_of
from infra.bench.simulated_reads import DIGITS, LETTERS, ranked, simulate
from infra.settings.pipeline import MatchingSettings
from recognizers.fold import FOLD_VERSION, fold
from recognizers.issue_tables import format_of
from recognizers.jurisdictions import STATES
from recognizers.plate import Lattice
from recognizers.voting import best_texts
from streams.hotlist_values import ListedEntry
from streams.matching import lookup_of, match, region_of
from streams.posterior import state_belief
from streams.records import (
    Box,
    Category,
    Detection,
    FrameReference,
    HotlistEntry,
    ImageQuality,
    PlateCandidate,
    StateCandidate,
)

STATE_TOLD, STATE_RIGHT = 0.59, 0.987
"""Share of plates whose state is told, and of these, told rightly: measured on photographs, see docs/recognition.md."""

_STATE_CONFIDENCE = 0.95
"""Of a state that is told; from 0.8 on one is."""

_CANDIDATES, _MOST_TEXTS = 10, 64
"""Texts of a read that a worker is told, and that are asked about here where there are more than these."""

_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Capture time of every simulated read; entries have no times here."""


@dataclass(frozen=True, slots=True)
class SimulatedCosts:
    """All that was simulated."""

    reads: int
    """Passes of vehicles on no list that were surely enough read to be told."""
    scores: dict[Category, CategoryScores]
    not_simulated: int
    """Listed plates with characters that no simulated read can have."""


class ThresholdSimulation:
    """Lets vehicles pass and asks the join about each; the functions are the worker's own.

    Args:
        traffic: what is listed and what passes.
        donors: what reads are made of.
        settings: of the join, with the region.
        min_pass_confidence: of a read, below which a pass is no detection.
        rng: what vehicles and reads are drawn from.

    Raises:
        BenchError: too few plates were measured to simulate any.
    """

    def __init__(
        self,
        traffic: ListedTraffic,
        donors: Donors,
        *,
        settings: MatchingSettings,
        min_pass_confidence: float,
        rng: np.random.Generator,
    ) -> None:
        self._traffic = traffic
        self._donors = donors
        self._known = donors.characters
        self._settings = settings
        self._min_confidence = min_pass_confidence
        self._rng = rng
        self._listed_by_belief: dict[
            tuple[str, str | None, frozenset[str | None]], list[tuple[Wanted, dict[Category, float]]]
        ] = {}
        if not (self._known & set(LETTERS) and self._known & set(DIGITS)):
            msg = "too few plates were read to simulate others; measure at least 300"
            raise BenchError(msg)

    def run(self, passing: int, wanted: int, told: Callable[[str], None]) -> SimulatedCosts:
        """Simulate.

        Args:
            passing: vehicles on no list.
            wanted: vehicles of each category.
            told: called with what is being done.
        """
        traffic = self._traffic
        scores = {
            category: CategoryScores(len(traffic.of_category(category)), traffic.mean_density(category))
            for category in traffic.categories
        }
        not_simulated = 0
        for category, found in scores.items():
            told(f"{category}: {wanted:,} wanted vehicles pass")
            possible = [one for one in traffic.of_category(category) if self._known.issuperset(one.plate)]
            not_simulated += found.plates - len(possible)
            for one in self._drawn(possible, wanted):
                self._pass_wanted(one, found)
        told(f"{passing:,} other vehicles pass")
        reads = sum(self._pass_other(number, scores) for number in range(passing))
        if not reads:
            msg = "no simulated pass was read surely enough; lower recognition.min_pass_confidence, or simulate more"
            raise BenchError(msg)
        return SimulatedCosts(reads, scores, not_simulated)

    def _drawn(self, possible: Sequence[Wanted], count: int) -> Iterator[Wanted]:
        """Wanted vehicles as they pass: the states among them as in the region's traffic, where that is known."""
        if not possible:
            return
        weights = np.ones(len(possible))
        if self._settings.region.state_shares:
            region = region_of(self._settings.region)
            listed = Counter(one.state for one in possible)
            named = {state: region.share_of(state) for state in listed if state is not None}
            # Those of any state keep their part; the others share theirs by state, and within a state evenly.
            scale = (len(possible) - listed[None]) / (sum(named.values()) or 1.0)
            by_state = {state: share * scale / listed[state] for state, share in named.items()}
            weights = np.array([1.0 if one.state is None else by_state[one.state] for one in possible])
        for place in self._rng.choice(len(possible), size=count, p=weights / weights.sum()):
            yield possible[int(place)]

    def _pass_wanted(self, wanted: Wanted, scores: CategoryScores) -> None:
        vehicle = simulate(wanted.plate, self._donors, self._rng)
        state = self._told_state(wanted.state)
        for lattice, least, into in (
            (vehicle.looks[0][0], 0.0, scores.one_look),
            (vehicle.fused(0), self._min_confidence, scores.whole_pass),
        ):
            detection = self._detection(lattice, state, least)
            near = self._near(detection) if detection else []
            into.append(self._probabilities(detection, near).get(wanted, 0.0) if detection else 0.0)

    def _pass_other(self, number: int, scores: dict[Category, CategoryScores]) -> bool:
        """Let a vehicle on no list pass; whether its pass was read surely enough to be told."""
        plate, listed_state = self._traffic.passing(self._known, self._rng)
        state = self._state_of_traffic(listed_state)
        vehicle = simulate(plate, self._donors, self._rng)
        detection = self._detection(vehicle.fused(0), self._told_state(state), self._min_confidence)
        if detection is None:
            return False
        near = self._near(detection)
        for wanted, p in self._probabilities(detection, near).items():
            scores[wanted.category].false_listed.append(p)
        for text in _texts(detection):
            if not is_string_of(text):
                continue
            others = [wanted for wanted in near if wanted.plate != text]
            # An entry of the vehicle's own plate would be right, but not one of that text and another state.
            right = frozenset({None, state}) if text == plate else frozenset[str | None]()
            for kind, densities in self._listed_alike(text, detection, right):
                if_listed = kind._replace(plate=text)
                p = self._probabilities(detection, [*others, if_listed]).get(if_listed, 0.0)
                if p:
                    for category, density in densities.items():
                        scores[category].false.append((number, p, density))
        return True

    def _state_of_traffic(self, otherwise: str | None) -> str | None:
        """A state by its share of the region's traffic; the other one for what the settings leave."""
        drawn = self._rng.random()
        for state, share in self._settings.region.state_shares.items():
            drawn -= share
            if drawn < 0:
                return state
        return otherwise

    def _told_state(self, state: str | None) -> str | None:
        """What a camera tells of the state: mostly the right one, or nothing."""
        if state is None or self._rng.random() >= STATE_TOLD:
            return None
        if self._rng.random() < STATE_RIGHT:
            return state
        others = [one for one in STATES if one != state]
        return others[int(self._rng.integers(len(others)))]

    def _detection(self, lattice: Lattice, state: str | None, min_confidence: float) -> Detection | None:
        """A read as the worker gets it; None where there is none, or too unsure a one."""
        candidates = ranked(best_texts(lattice, _CANDIDATES), self._traffic.is_usual)
        if not candidates or candidates[0].confidence < min_confidence:
            return None
        return _detection(lattice, candidates, state)

    def _near(self, detection: Detection) -> list[Wanted]:
        """What the worker would find on the lists."""
        folded = lookup_of(detection, self._settings).folded
        return [wanted for text in folded for wanted in self._traffic.folding_to(text)]

    def _probabilities(self, detection: Detection, near: Sequence[Wanted]) -> dict[Wanted, float]:
        by_id = {str(number): wanted for number, wanted in enumerate(near)}
        listed = [ListedEntry(_entry(name, wanted), "simulated") for name, wanted in by_id.items()]
        return {by_id[one.entry.id]: one.probability for one in match(detection, listed, self._settings, _AT)}

    def _listed_alike(
        self, text: str, detection: Detection, right: frozenset[str | None]
    ) -> list[tuple[Wanted, dict[Category, float]]]:
        """What may be listed of a text, as one of those whose states are believed alike, and how densely by category.

        There are fifty states, but what was seen mostly tells only one of them from the rest.
        """
        told = detection.state_candidates[0].state if detection.state_candidates else None
        key = format_of(text), told, right
        if key not in self._listed_by_belief:
            region = region_of(self._settings.region)
            alike: dict[float, tuple[Wanted, dict[Category, float]]] = {}
            for (state, category), density in self._traffic.densities(key[0]).items():
                if state not in right:
                    belief = round(state_belief(state, detection.state_candidates, region), 9)
                    _, densities = alike.setdefault(belief, (Wanted(text, state, category), defaultdict(float)))
                    densities[category] += density
            self._listed_by_belief[key] = list(alike.values())
        return self._listed_by_belief[key]


def _texts(detection: Detection) -> Iterator[str]:
    """What the read may be: its candidates, and where these are not all, as many again and more."""
    yield from (one.plate for one in detection.candidates)
    if len(detection.candidates) == _CANDIDATES:
        named = {one.plate for one in detection.candidates}
        yield from (one.text for one in best_texts(detection.lattice, _MOST_TEXTS) if one.text not in named)


def _entry(name: str, wanted: Wanted) -> HotlistEntry:
    return HotlistEntry(id=name, hotlist="simulated", plate=wanted.plate, category=wanted.category, state=wanted.state)


def _detection(lattice: Lattice, candidates: tuple[PlateCandidate, ...], state: str | None) -> Detection:
    best = candidates[0]
    return Detection(
        id="simulated",
        revision=1,
        final=True,
        camera="simulated",
        captured_at=_AT,
        received_at=_AT,
        first_seen_at=_AT,
        last_seen_at=_AT,
        decided_by=FrameReference(0, _AT),
        plate=best.plate,
        plate_folded=fold(best.plate),
        fold_version=FOLD_VERSION,
        confidence=min(1.0, best.confidence),
        lattice=tuple(dict(column) for column in lattice),
        candidates=candidates,
        looks=1,
        box=Box(0.0, 0.0, 1.0, 1.0),
        quality=ImageQuality(0.0, 0.0),
        state_candidates=(StateCandidate(state, _STATE_CONFIDENCE),) if state else (),
    )
