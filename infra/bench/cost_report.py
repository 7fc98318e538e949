"""What thresholds cost, as it is told: by category, at the thresholds of the settings and at others. Pure."""

from __future__ import annotations

import msgspec

from infra.bench.threshold_costs import STATE_RIGHT, STATE_TOLD, SimulatedCosts
from infra.settings.pipeline import MatchingSettings
from streams.records import Category

OTHER_THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
"""That are told besides those of the settings, to choose from."""

_MOST_BELIEVED = 1.0
"""Sum of the shares of all listed states, above which they cannot be shares."""


class SimulatedList(msgspec.Struct, frozen=True):
    """A live list that went into the simulation."""

    name: str
    version: str
    plates: int


class ThresholdCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one threshold costs for one category."""

    threshold: float
    settings: tuple[str, ...]
    """`possible`, `likely`: what the settings have it for."""
    found_one_look: float | None
    """Share of the wanted vehicles that pass which one look is enough for; None: none could be simulated."""
    found_pass: float | None
    """The same of the three looks of a pass."""
    false_alerts_per_day: float
    """Expected; 0 where none was seen, and then the interval's end is all that is known."""
    interval: tuple[float, float]
    """Of the false alerts, 95 %."""


class CategoryCost(msgspec.Struct, frozen=True, kw_only=True):
    """What the thresholds cost for one category."""

    category: str
    plates: int
    wanted_simulated: int
    thresholds: tuple[ThresholdCost, ...]


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that `platewatch hotlist simulate` tells; also its JSON."""

    lists: tuple[SimulatedList, ...]
    reads_per_day: int
    reads_simulated: int
    categories: tuple[CategoryCost, ...]
    assumptions: tuple[str, ...]
    """What the figures rest on, a sentence each."""
    advice: tuple[str, ...]
    """What in the settings makes the figures worse than they need be, a sentence each."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that the simulation says nothing of."""

    partial: int
    not_in_force: int


def cost_report(
    costs: SimulatedCosts,
    settings: MatchingSettings,
    *,
    lists: tuple[SimulatedList, ...],
    left_out: LeftOut,
    states: int,
    exact_looks: float,
) -> CostReport:
    """What was simulated, reckoned for a day.

    Args:
        costs: what was simulated.
        settings: thresholds, and the passes of a day.
        lists: that are live.
        left_out: of their entries.
        states: how many the entries name.
        exact_looks: share of the measured looks that were read right.
    """
    return CostReport(
        lists=lists,
        reads_per_day=settings.region.reads_per_day,
        reads_simulated=costs.reads,
        categories=tuple(_category(name, costs, settings) for name in costs.scores),
        assumptions=_assumptions(costs, left_out, exact_looks),
        advice=_advice(settings, states),
    )


def _category(name: Category, costs: SimulatedCosts, settings: MatchingSettings) -> CategoryCost:
    scores, per_day = costs.scores[name], settings.region.reads_per_day
    own = settings.category_thresholds.get(name, settings.thresholds)
    told = []
    for threshold in sorted({own.possible, own.likely, *OTHER_THRESHOLDS}):
        cost = scores.cost_at(threshold, costs.reads)
        named = {"possible": own.possible, "likely": own.likely}
        low, high = cost.interval
        told.append(
            ThresholdCost(
                threshold=threshold,
                settings=tuple(setting for setting, value in named.items() if value == threshold),
                found_one_look=cost.found_one_look,
                found_pass=cost.found_pass,
                false_alerts_per_day=cost.false_per_read * per_day,
                interval=(low * per_day, high * per_day),
            )
        )
    return CategoryCost(
        category=name, plates=scores.plates, wanted_simulated=len(scores.whole_pass), thresholds=tuple(told)
    )


def _advice(settings: MatchingSettings, states: int) -> tuple[str, ...]:
    region = settings.region
    believed = region.other_state_share * states
    if region.state_shares or believed <= _MOST_BELIEVED:
        return ()
    return (
        f"matching.region.state_shares is not set: where no state is told, a plate is believed to be of each of the "
        f"{states} listed states with {region.other_state_share:g}, {believed:.1f} together. Set the shares of your "
        "traffic, and other_state_share to what the rest has each; plates of the same characters and another state "
        "are false alerts until then.",
    )


def _assumptions(costs: SimulatedCosts, left_out: LeftOut, exact_looks: float) -> tuple[str, ...]:
    """What the figures rest on, a sentence each."""
    said = [
        f"Reads are put together from looks at rendered US plates, of which {exact_looks:.0%} were read right; cameras "
        "that see worse find fewer and take more for another.",
        "A wanted vehicle passes one camera; other cameras that bear it out, its make and its colour are left out.",
        "Other vehicles have the formats of the listed plates and are on no list; false alerts are those expected of "
        "lists of this size, however their plates are spread.",
        f"All have the states of matching.region.state_shares, and for what these leave, of the listed plates; "
        f"{STATE_TOLD:.0%} tell it, {STATE_RIGHT:.1%} of these rightly, as measured on photographs.",
    ]
    if left_out.partial:
        said.append(f"{left_out.partial:,} entries of partial plates are left out: they want every vehicle that fits.")
    if left_out.not_in_force:
        said.append(f"{left_out.not_in_force:,} entries are not in force now, and are left out.")
    if costs.not_simulated:
        said.append(
            f"{costs.not_simulated:,} listed plates pass only as what others are taken for: they have characters that "
            "too few rendered plates have."
        )
    return tuple(said)
