"""A detection against the entries that it may be: which of them match, how surely, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.settings.pipeline import MatchingSettings, RegionSettings
from recognizers.fold import fold
from recognizers.jurisdictions import COUNTRIES, US, US_STATES
from recognizers.plate import NONE
from recognizers.voting import align
from streams.hotlist_values import ListedEntry, Lookup
from streams.lookups import folded_texts
from streams.partial_index import matches
from streams.posterior import (
    ListedPlate,
    Region,
    TextBelief,
    listed_masses,
    passing_mass,
    pattern_probability,
    posterior,
    state_belief,
    unlisted_posterior,
    with_ratio,
)
from streams.records import (
    Category,
    CharacterEvidence,
    Detection,
    Evidence,
    HotlistEntry,
    Match,
    Outcome,
    PlateCandidate,
    StateCandidate,
    event_id,
    to_milliseconds,
)
from streams.vehicle_agreement import color_ratio, make_ratio, most_ratio

_SHOWN = 4
"""Characters of a position, and other plates, that the evidence names."""

_LEAST_SHOWN = 0.001

ANOTHER_VEHICLE = " of another vehicle"
"""Added to a plate among the others that a read may be of: its text, but another state or not the wanted vehicle."""


class UnknownCategoryError(ValueError):
    """The settings name a category that no entry can have."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """An entry near a detection."""

    listed: ListedEntry
    text: float
    state: float


def match(
    detection: Detection, candidates: Iterable[ListedEntry], settings: MatchingSettings, now: datetime
) -> list[Match]:
    """The candidates that the detection may be, each with the probability that it is; see `streams.posterior`.

    Entries that were not valid when the plate passed do not match. A partial plate matches by the probability that the
    plate fits it. What is below `settings.weak_probability` is left out, unless an earlier revision of the pass read
    the entry's plate: whoever was told of it must hear that it is not so.
    """
    region = region_of(settings.region)
    belief = TextBelief(detection.lattice, detection.candidates)
    seen = _states(detection)
    weighed = [
        _weigh(belief, listed, seen, region) for listed in candidates if was_valid(listed.entry, detection.captured_at)
    ]
    listed = listed_masses(
        ListedPlate(each.listed.entry.plate, state_code(each.listed.entry.state), each.text * each.state)
        for each in weighed
        if not each.listed.entry.is_partial
    )
    assessor = _Assessor(detection, belief, listed, settings, now)
    told = {fold(plate) for plate in detection.earlier_plates}
    found = [assessor.assess(each) for each in weighed]
    return [one for one in found if one.probability >= settings.weak_probability or fold(one.entry.plate) in told]


def _weigh(belief: TextBelief, listed: ListedEntry, seen: Sequence[StateCandidate], region: Region) -> _Weighed:
    entry = listed.entry
    text = pattern_probability(belief.lattice, entry.plate) if entry.is_partial else belief.probability(entry.plate)
    return _Weighed(listed, text, state_belief(state_code(entry.state), seen, region))


@dataclass(frozen=True, slots=True)
class _Assessor:
    """Makes matches of one detection."""

    detection: Detection
    belief: TextBelief
    listed: Mapping[str, float]
    """The listed mass of each text near the read."""
    settings: MatchingSettings
    now: datetime

    def assess(self, weighed: _Weighed) -> Match:
        """The match of one entry, however improbable."""
        entry, detection = weighed.listed.entry, self.detection
        by_text = self._by_plate(entry, weighed.text)
        by_plate = self._by_plate(entry, weighed.text * weighed.state)
        make = make_ratio(entry.vehicle, detection.vehicle, entry.category)
        color = color_ratio(entry.vehicle, detection.vehicle, entry.category)
        probability = with_ratio(by_plate, make * color)
        return Match(
            id=event_id(detection.id, entry.id),
            detection=detection,
            entry=entry,
            hotlist_version=weighed.listed.version,
            hotlist_late=weighed.listed.late,
            probability=probability,
            outcome=grade(probability, entry, detection.plate, self.settings),
            evidence=Evidence(
                characters=characters(detection, entry.plate),
                text=by_text,
                # What the state took away or gave, as a ratio of odds, so that a person sees what it did.
                state_ratio=_odds_ratio(by_text, by_plate),
                make_ratio=make,
                color_ratio=color,
                alternatives=self._alternatives(entry, by_text, probability),
            ),
            matched_at=to_milliseconds(self.now),
        )

    def _by_plate(self, entry: HotlistEntry, likelihood: float) -> float:
        """A partial plate wants every vehicle that fits it; of a whole one there is one among the registered."""
        if entry.is_partial:
            return likelihood
        listed = {**self.listed, entry.plate: max(self.listed.get(entry.plate, 0.0), likelihood)}
        region = region_of(self.settings.region)
        return posterior(likelihood, passing_mass(listed, self.belief, region), region)

    def _alternatives(self, entry: HotlistEntry, by_text: float, probability: float) -> dict[str, float]:
        """The likeliest others that passed perhaps, each with the probability of it.

        The first is another vehicle with a plate of the same text, of another state or not as the entry describes it.
        """
        region = region_of(self.settings.region)
        mass = passing_mass(self.listed, self.belief, region)
        others = [one for one in self.detection.candidates if not _is_wanted(entry, one.plate)][:_SHOWN]
        rivals = {one.plate: self._rival(one, mass, region) for one in others}
        rivals = {f"{entry.plate}{ANOTHER_VEHICLE}": max(0.0, by_text - probability), **rivals}
        # They share what the entry leaves: what speaks for the wanted vehicle speaks against all of them.
        scale = min(1.0, (1 - probability) / (sum(rivals.values()) or 1.0))
        return {plate: round(p * scale, 4) for plate, p in rivals.items() if p * scale >= _LEAST_SHOWN}

    def _rival(self, one: PlateCandidate, mass: float, region: Region) -> float:
        """P of another plate: listed, not, or in part."""
        listed = min(one.confidence, self.listed.get(one.plate, 0.0))
        return posterior(listed, mass, region) + unlisted_posterior(one.confidence - listed, mass, region)


def _is_wanted(entry: HotlistEntry, plate: str) -> bool:
    """Whether the entry wants this very text."""
    return matches(entry.plate, plate) if entry.is_partial else entry.plate == plate


def lookup_of(detection: Detection, settings: MatchingSettings) -> Lookup:
    """What is to be looked up for a detection: every folded text whose entry could still be a weak match.

    The least likelihood follows from the posterior of a plate that alone is listed, with all that the read leaves to
    others against it, and the most that its vehicle could speak for it.
    """
    belief = TextBelief(detection.lattice, detection.candidates)
    least = least_likelihood(settings) * min(1.0, belief.named + belief.unnamed) / most_ratio(detection.vehicle)
    texts = tuple(one.plate for one in detection.candidates if one.confidence >= least)
    return Lookup(folded_texts(detection.lattice, (detection.plate, *detection.earlier_plates, *texts), least))


def least_likelihood(settings: MatchingSettings) -> float:
    """The likelihood below which a text can be no weak match, in [0, 1].

    It follows from the posterior of a plate that alone is listed: P = w L / (w L + rho (1 - L)).
    """
    odds = settings.weak_probability / (1 - settings.weak_probability)
    rest = odds * settings.region.registered_share / settings.region.listed_frequency
    return rest / (1 + rest)


def grade(probability: float, entry: HotlistEntry, read: str, settings: MatchingSettings) -> Outcome:
    """How a match of that probability is told. `exact` is only what reads as the entry does, every character."""
    if probability >= settings.exact_probability and read == entry.plate:
        return Outcome.EXACT
    thresholds = settings.category_thresholds.get(entry.category, settings.thresholds)
    if probability < thresholds.likely or (entry.is_partial and _fixed(entry) < settings.least_fixed_characters):
        return Outcome.POSSIBLE
    return Outcome.LIKELY


def is_told(probability: float, entry: HotlistEntry, settings: MatchingSettings) -> bool:
    """Whether a match of that probability is shown to people; below, it waits for other cameras to bear it out."""
    thresholds = settings.category_thresholds.get(entry.category, settings.thresholds)
    return probability >= thresholds.possible


def check_categories(settings: MatchingSettings) -> None:
    """See that the thresholds are of categories that there are.

    Raises:
        UnknownCategoryError: one is not; the message names those that are.
    """
    for name in settings.category_thresholds:
        if name not in set(Category):
            msg = f"matching.category_thresholds: {name!r} is no category; known are: {', '.join(Category)}"
            raise UnknownCategoryError(msg)


def was_valid(entry: HotlistEntry, at: datetime) -> bool:
    """Whether the entry was in force at that time; its end is not part of it."""
    begun = entry.valid_from is None or entry.valid_from <= at
    return begun and (entry.valid_until is None or at < entry.valid_until)


def state_code(state: str | None) -> str | None:
    """An entry's state as recognisers write it, by ISO 3166.

    A bare `CA` is taken for the US state; `DE` and `AR`, which are countries too, are those.
    """
    return f"{US}-{state}" if state in US_STATES and state not in COUNTRIES else state


def characters(detection: Detection, wanted: str) -> tuple[CharacterEvidence, ...]:
    """The wanted plate's characters against what was read in their places; nothing for a partial plate."""
    if "?" in wanted or "*" in wanted:
        return ()
    evidence = []
    for at_wanted, at_read in align([{character: 1.0} for character in wanted], detection.lattice):
        column = detection.lattice[at_read] if at_read is not None else {NONE: 1.0}
        shown = sorted(column.items(), key=lambda each: -each[1])[:_SHOWN]
        character = wanted[at_wanted] if at_wanted is not None else NONE
        evidence.append(CharacterEvidence(character, {c: round(p, 3) for c, p in shown}))
    return tuple(evidence)


def _odds_ratio(before: float, after: float) -> float:
    if before in {0.0, 1.0} or after in {0.0, 1.0}:
        return 1.0 if before == after else round(after / max(before, 1e-9), 4)
    return round(after / (1 - after) * (1 - before) / before, 4)


def _fixed(entry: HotlistEntry) -> int:
    return sum(character not in "?*" for character in entry.plate)


def _states(detection: Detection) -> Sequence[StateCandidate]:
    if detection.state_candidates or detection.state is None:
        return detection.state_candidates
    return (StateCandidate(detection.state, 1.0),)


def region_of(settings: RegionSettings) -> Region:
    """What the settings say of the traffic."""
    return Region(
        settings.registered_share, settings.listed_frequency, settings.state_shares, settings.other_state_share
    )
