"""Vehicles of a simulated region pass, each once as a wanted one and once as any other. All rules see the same reads.

Whether a vehicle is wanted does not change how it is read, so one read serves for both; hits are weighed back to how
often each comes. Against which lists reads are held: `simulated_world`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from infra.bench.hit_calibration import Hits
from infra.bench.list_rules import ListedPlates, one_edit
from infra.bench.recall_curves import Judged
from infra.bench.simulated_reads import CAMERAS, SimulatedVehicle, simulate
from infra.bench.simulated_world import (
    LISTED_SHARE,
    Evidence,
    SimulatedRead,
    World,
    each_listed,
    listed_by_chance,
    look_up,
)
from infra.settings.pipeline import MatchingSettings, WindowSettings
from recognizers.fold import fold
from streams.corroboration import Journey, Witness, believe

_START = datetime(2026, 11, 22, 12, tzinfo=UTC)
_JARO_WINKLER = 0.9

EXACT, FOLDED, LEVENSHTEIN, JARO_WINKLER = "exact string", "folded string", "Levenshtein <= 1", "Jaro-Winkler >= 0.9"
ONE_LOOK, PASS, CORROBORATED = "ours, one look", "ours, a pass", "ours, three cameras"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is simulated: the more, the smaller the false-alert rates that can be seen."""

    donor_plates: int = 2500
    looks: int = 100_000
    """Vehicles of one look each."""
    passes: int = 50_000
    """Vehicles followed past three cameras."""
    mixed_looks: int = 50_000
    """Vehicles of one look each, of plates that mix letters and digits."""
    kinds: int = 5_000
    """Vehicles whose looks are sorted by how they err."""
    compared: int = 150
    """Reads that are compared with every listed plate: Jaro-Winkler has no index."""


Scored = Callable[[Sequence[SimulatedRead], str], float]
"""The score of a listed plate after the reads of a vehicle; 0 where it is not near them."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Hits of one of ours, as they come in: its scores, and of each hit probability, truth, weight and source."""

    scored: Scored
    right: list[float] = field(default_factory=list)
    false: list[float] = field(default_factory=list)
    hits: list[tuple[float, bool, float, int]] = field(default_factory=list)

    def judged(self, reads: int, density: float) -> Judged:
        """As a curve: each false score was seen as often as the reads were held against 1 / density lists."""
        return Judged(np.array(self.right), np.array(self.false), round(reads / density))

    def columns(self) -> Hits:
        """For the calibration."""
        columns = [np.array(column) for column in zip(*self.hits, strict=True)]
        p, right, weight, vehicle = columns or [np.array([])] * 4
        return Hits(p, right.astype(bool), weight, vehicle.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Found:
    """All that was measured."""

    rules: dict[str, tuple[float, float]]
    """Of each string rule, false alerts per million reads and recall."""
    curves: dict[str, Judged]
    """Ours, by what is known."""
    hits: dict[str, Hits]
    """By what is known, as `curves`."""


@dataclass(slots=True)
class StringRules:
    """What string rules bring up for the same reads. False alerts are means over all lists, where that is cheap."""

    world: World
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys((EXACT, FOLDED, LEVENSHTEIN), 0))
    false: dict[str, float] = field(default_factory=lambda: dict.fromkeys((EXACT, FOLDED, LEVENSHTEIN), 0.0))
    reads: int = 0

    def add(self, text: str, plate: str) -> None:
        """One read of a vehicle with this plate."""
        alike = set(self.world.folding_to(fold(text)))
        edited = one_edit(text)
        self.reads += 1
        self.right[EXACT] += text == plate
        self.right[FOLDED] += plate in alike
        self.right[LEVENSHTEIN] += plate in edited
        self.false[EXACT] += self.world.density * (text in alike - {plate})
        self.false[FOLDED] += self.world.density * len(alike - {plate})
        self.false[LEVENSHTEIN] += len((edited & self.world.listed.plates) - {plate})

    def measured(self) -> dict[str, tuple[float, float]]:
        """Of each rule, false alerts per million reads and recall."""
        return {name: (self.false[name] / self.reads * 1e6, self.right[name] / self.reads) for name in self.right}


def simulate_traffic(world: World, sizes: Sizes, rng: np.random.Generator, told: Callable[[str], None]) -> Found:
    """Simulate, and judge all rules on the same reads."""
    told(f"reading {sizes.looks:,} vehicles, one look each")
    found = simulate_looks(world, sizes.looks, rng, sizes.compared)
    told(f"following {sizes.passes:,} vehicles past three cameras")
    followed, hits = _followed(world, sizes.passes, rng)
    return Found(found.rules, found.curves | followed, found.hits | hits)


def simulate_looks(world: World, count: int, rng: np.random.Generator, compared: int = 0) -> Found:
    """Vehicles of one look each.

    Args:
        world: the region.
        count: of vehicles.
        rng: what chance decides.
        compared: reads that are compared with every listed plate by Jaro-Winkler; at 0 that rule is left out.
    """
    rules, one_look = StringRules(world), Tally(of_first)
    texts: list[tuple[str, str]] = []
    for _ in range(count):
        plate = world.plate(rng)
        vehicle = simulate(plate, world.donors, rng)
        read = look_up(vehicle.looks[0][0], world)
        rules.add(read.text, plate)
        texts.append((read.text, plate))
        _pass_by([one_look], [read], vehicle, world=world, rng=rng)
    measured = rules.measured()
    if compared:
        measured[JARO_WINKLER] = _jaro_winkler(world, texts, compared)
    return Found(measured, {ONE_LOOK: one_look.judged(count, world.density)}, {ONE_LOOK: one_look.columns()})


def _jaro_winkler(world: World, texts: list[tuple[str, str]], compared: int) -> tuple[float, float]:
    """False alerts from few reads, since each is compared with the whole list; recall from more."""
    some = texts[:compared]
    false = sum(len(world.listed.jaro_winkler(text, _JARO_WINKLER) - {plate}) for text, plate in some if text)
    more = texts[: 100 * compared]
    right = sum(bool(ListedPlates([plate]).jaro_winkler(text, _JARO_WINKLER)) for text, plate in more if text)
    return false / len(some) * 1e6, right / len(more)


def _followed(world: World, count: int, rng: np.random.Generator) -> tuple[dict[str, Judged], dict[str, Hits]]:
    passes, together = Tally(of_first), Tally(of_all)
    for _ in range(count):
        plate = world.plate(rng)
        vehicle = simulate(plate, world.donors, rng)
        reads = [look_up(vehicle.fused(camera), world) for camera in range(CAMERAS)]
        _pass_by([passes, together], reads, vehicle, world=world, rng=rng)
    judged = {PASS: passes.judged(count, world.density), CORROBORATED: together.judged(count, world.density)}
    return judged, {PASS: passes.columns(), CORROBORATED: together.columns()}


def _pass_by(
    tallies: Sequence[Tally],
    reads: Sequence[Evidence],
    vehicle: SimulatedVehicle,
    *,
    world: World,
    rng: np.random.Generator,
) -> None:
    """Let a vehicle pass as a wanted one, and as one that is on no list."""
    plate = vehicle.plate
    by_chance = listed_by_chance(reads, plate, world, rng)
    wanted = by_chance | {plate}
    seen_as_wanted = [one.against(wanted) for one in reads]
    for tally in tallies:
        scores = {entry: tally.scored(seen_as_wanted, entry) for entry in sorted(wanted)}
        tally.right.append(scores[plate])
        tally.hits.extend((p, entry == plate, LISTED_SHARE, vehicle.source) for entry, p in scores.items() if p)
    weight = (1 - LISTED_SHARE) * world.density
    for entry, seen in each_listed(reads, plate, by_chance):
        for tally in tallies:
            p = tally.scored(seen, entry)
            if p:
                tally.false.append(p)
                tally.hits.append((p, False, weight, vehicle.source))


def of_first(reads: Sequence[SimulatedRead], entry: str) -> float:
    """What the first read alone makes of an entry."""
    return reads[0].posteriors.get(entry, 0.0)


_JOURNEY = Journey(WindowSettings().fastest_kmh, WindowSettings().seen_again)
_WEAK = MatchingSettings().weak_probability


def of_all(reads: Sequence[SimulatedRead], entry: str) -> float:
    """What cameras a minute apart make of an entry together; those count for which it is a weak match at least."""
    witnesses = [
        Witness(str(camera), _START + timedelta(minutes=camera), None, one.posteriors[entry], one.rivals_of(entry))
        for camera, one in enumerate(reads)
        if one.posteriors.get(entry, 0.0) >= _WEAK
    ]
    return believe(witnesses, _JOURNEY).probability if witnesses else 0.0
