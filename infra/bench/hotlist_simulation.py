"""The live lists, the settings' region and measured reads, put together to what thresholds cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from infra.bench.cost_report import CostReport, LeftOut, SimulatedList, cost_report
from infra.bench.listed_traffic import ListedTraffic, WantedPlates
from infra.bench.simulated_reads import measure_donors
from infra.bench.threshold_costs import ThresholdSimulation
from infra.settings import Settings
from streams.hotlist_store import HotlistSummary, HotlistUnknownError, open_hotlists

_SEED = 20_261_122
_WANTED_SHARE = 1 / 6
_LEAST_WANTED = 200


@dataclass(frozen=True, slots=True)
class SimulationSize:
    """How much is simulated.

    Args:
        reads: passes; five in six are of vehicles on no list, the others are shared by the categories.
        donor_plates: rendered plates that are read; 900 bring nearly every letter often enough.
    """

    reads: int
    donor_plates: int = 900

    def wanted_of_each(self, categories: int) -> int:
        """Wanted vehicles of each category; of many categories more than their share, or the figures mean nothing."""
        return max(_LEAST_WANTED, round(self.reads * _WANTED_SHARE) // categories)

    @property
    def others(self) -> int:
        """Vehicles on no list."""
        return self.reads - round(self.reads * _WANTED_SHARE)


def simulate_thresholds(settings: Settings, size: SimulationSize, told: Callable[[str], None]) -> CostReport:
    """What each threshold costs with the lists that are live.

    Args:
        settings: of Redis, the join and its region.
        size: how much is simulated.
        told: called with what is being done.

    Raises:
        HotlistUnknownError: no list holds a whole plate that is in force.
        ServiceAwayError: Redis does not answer, or lost a part of a list.
        BenchError: the simulation cannot be made of these lists, or is too small.
    """
    told("reading the live lists")
    plates = WantedPlates(datetime.now(UTC))
    lists = asyncio.run(_read_lists(settings, plates))
    if not plates.found:
        msg = (
            "no list that is loaded holds a whole plate in force, so there is nothing to simulate; load one with "
            "`platewatch hotlist load`"
        )
        raise HotlistUnknownError(msg)
    traffic = ListedTraffic(plates.found)
    told(f"reading {size.donor_plates:,} rendered plates, nine looks each")
    donors = measure_donors(size.donor_plates, _SEED, "US")
    simulation = ThresholdSimulation(
        traffic,
        donors,
        settings=settings.matching,
        min_pass_confidence=settings.recognition.min_pass_confidence,
        rng=np.random.default_rng(_SEED),
    )
    return cost_report(
        simulation.run(size.others, size.wanted_of_each(len(traffic.categories)), told),
        settings.matching,
        lists=tuple(SimulatedList(one.name, one.version, one.plates) for one in lists),
        left_out=LeftOut(partial=plates.partial, not_in_force=plates.not_in_force),
        states=len(traffic.states),
        exact_looks=donors.exact_looks,
    )


async def _read_lists(settings: Settings, into: WantedPlates) -> list[HotlistSummary]:
    async with open_hotlists(settings.redis) as store:
        summaries = await store.summaries()
        for summary in summaries:
            async for entry in store.entries(summary.name):
                into.add(entry)
    return summaries
