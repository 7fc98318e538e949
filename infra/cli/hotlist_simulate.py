"""`platewatch hotlist simulate`: what the thresholds cost with the lists that are live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.cli.spinner import spinner
from streams.matching import check_categories

if TYPE_CHECKING:
    from infra.bench.cost_report import CostReport, ThresholdCost


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
    # The reader's network is slow to load, and the other commands of the group need none.
    from infra.bench.hotlist_simulation import SimulationSize, simulate_thresholds  # noqa: PLC0415

    settings = load_settings_and_services(settings_files)
    check_categories(settings.matching)
    with spinner() as told:
        report = simulate_thresholds(settings, SimulationSize(reads), told)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    console = Console()
    console.print(cost_table(report))
    for sentence in report.assumptions:
        console.print(f"- {sentence}", markup=False, highlight=False)
    for sentence in report.advice:
        console.print(f"- {sentence}", style="yellow", markup=False, highlight=False)


def cost_table(report: CostReport) -> Table:
    """Found vehicles and false alerts, by category and threshold; those of the settings stand out."""
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
