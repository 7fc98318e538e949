"""`platewatch hotlist simulate`: what the thresholds cost with the lists that are live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.cli.spinner import spinner
from infra.settings import Settings
from streams.hotlist_store import HotlistSummary, HotlistUnknownError, open_hotlists
from streams.matching import check_categories

if TYPE_CHECKING:
    from infra.bench.cost_report import CostReport, ThresholdCost
    from infra.bench.listed_traffic import WantedPlates

_SEED = 20_261_122

_DONOR_PLATES = 900
"""Rendered plates that are read: enough for nearly all letters, and about 40 s."""

_WANTED_SHARE = 1 / 6
_LEAST_WANTED = 200


def register(app: typer.Typer) -> None:
    """Add the command to the group `hotlist`."""
    app.command()(simulate)


def simulate(
    *,
    reads: Annotated[int, typer.Option(min=600, help="Passes to simulate; the default takes about two minutes.")] = (
        60_000
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    settings_files: SettingsFiles = None,
) -> None:
    """What each threshold costs with the live lists: wanted vehicles found, and false alerts in a day."""
    settings = load_settings_and_services(settings_files)
    check_categories(settings.matching)
    with spinner() as told:
        report = _simulated(settings, reads, told)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    console = Console()
    console.print(_table(report))
    for sentence in report.assumptions:
        console.print(f"- {sentence}", markup=False, highlight=False)


def _simulated(settings: Settings, reads: int, told: Callable[[str], None]) -> CostReport:
    # The reader's network is slow to load, and the other commands of the group need none.
    import numpy as np  # noqa: PLC0415

    from infra.bench.cost_report import LeftOut, SimulatedList, cost_report  # noqa: PLC0415
    from infra.bench.listed_traffic import ListedTraffic, WantedPlates  # noqa: PLC0415
    from infra.bench.simulated_reads import measure_donors  # noqa: PLC0415
    from infra.bench.threshold_costs import ThresholdSimulation  # noqa: PLC0415

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
    told(f"reading {_DONOR_PLATES} rendered plates, nine looks each")
    donors = measure_donors(_DONOR_PLATES, _SEED, "US")
    simulation = ThresholdSimulation(
        traffic,
        donors,
        settings=settings.matching,
        min_pass_confidence=settings.recognition.min_pass_confidence,
        rng=np.random.default_rng(_SEED),
    )
    wanted = round(reads * _WANTED_SHARE)
    each = max(_LEAST_WANTED, wanted // len(traffic.categories))
    return cost_report(
        simulation.run(reads - wanted, each, told),
        settings.matching,
        lists=tuple(SimulatedList(one.name, one.version, one.plates) for one in lists),
        left_out=LeftOut(partial=plates.partial, not_in_force=plates.not_in_force),
        exact_looks=donors.exact_looks,
    )


async def _read_lists(settings: Settings, into: WantedPlates) -> list[HotlistSummary]:
    async with open_hotlists(settings.redis) as store:
        summaries = await store.summaries()
        for summary in summaries:
            async for entry in store.entries(summary.name):
                into.add(entry)
    return summaries


def _table(report: CostReport) -> Table:
    lists = ", ".join(one.name for one in report.lists)
    title = f"{lists}: {report.reads_per_day:,} passes a day (matching.region.reads_per_day)"
    table = Table(
        "category", "threshold", "", "found, one look", "found, a pass", "false alerts a day", "95 %", title=title
    )
    for one in report.categories:
        for number, cost in enumerate(one.thresholds):
            name = f"{one.category} ({one.plates:,})" if number == 0 else ""
            shares = (_percent(cost.found_one_look), _percent(cost.found_pass))
            row = (name, f"{cost.threshold:g}", ", ".join(cost.settings), *shares, *_false_alerts(cost))
            table.add_row(*row, style="bold" if cost.settings else None)
        table.add_section()
    return table


def _percent(share: float | None) -> str:
    return "not simulated" if share is None else f"{100 * share:.1f} %"


def _false_alerts(cost: ThresholdCost) -> tuple[str, str]:
    low, high = cost.interval
    if not cost.false_alerts_per_day:
        return f"fewer than {_amount(high)}", ""
    return _amount(cost.false_alerts_per_day), f"{_amount(low)} to {_amount(high)}"


def _amount(number: float) -> str:
    """Two digits that count, or a whole number."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"  # noqa: PLR2004 - from here two digits are whole
