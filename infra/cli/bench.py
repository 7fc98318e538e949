"""`platewatch bench`: measure what is promised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from infra.bench.machine import describe_machine
from infra.bench.rows import BenchReport, Row
from infra.cli.spinner import spinner

app = typer.Typer(help="Measure what is promised; a table, or JSON.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.callback()
def bench() -> None:
    """Measure what is promised; a table, or JSON."""


@app.command()
def recognition(
    *,
    as_json: AsJson = False,
    benchmark: Annotated[
        Path, typer.Option(help="Folder of the photographs and their scorer; without it those rows are left out.")
    ] = Path("../shared"),
    failures: Annotated[
        Path | None, typer.Option(help="Draw the rendered passes that were not read into this JPEG.")
    ] = None,
) -> None:
    """How well and how fast plates are read: photographs, rendered clips, one core."""
    # The models are slow to load, and other benches need none.
    from infra.bench.photographs import Benchmark  # noqa: PLC0415
    from infra.bench.recognition import measure_recognition  # noqa: PLC0415

    _run("recognition", lambda told: measure_recognition(Benchmark(benchmark), told, failures), as_json=as_json)


@app.command()
def confusion(*, as_json: AsJson = False) -> None:
    """Which characters the reader takes for which, on rendered plates: what the fold is made from."""
    from infra.bench.confusion import measure_confusion  # noqa: PLC0415

    def measure(told: Callable[[str], None]) -> list[Row]:
        told("reading rendered plates")
        return measure_confusion()

    _run("confusion", measure, as_json=as_json)


@app.command("hotlist-store")
def hotlist_store(*, as_json: AsJson = False) -> None:
    """How fast a million entries are loaded into a Redis of its own and looked up, and what they take."""
    from infra.bench.hotlists import measure_hotlist_store  # noqa: PLC0415

    _run("hotlist-store", measure_hotlist_store, as_json=as_json)


@app.command()
def matching(
    *,
    as_json: AsJson = False,
    benchmark: Annotated[
        Path, typer.Option(help="Folder of the photographs; without it the rows of real reads are left out.")
    ] = Path("../shared"),
    plot: Annotated[Path | None, typer.Option(help="Draw recall against false alerts into this SVG.")] = None,
) -> None:
    """How many wanted vehicles the join finds, how often it takes another for one, and how fast it is."""
    from infra.bench.matching import measure_matching  # noqa: PLC0415
    from infra.bench.matching_worker import measure_matching_worker  # noqa: PLC0415
    from infra.bench.photographs import Benchmark  # noqa: PLC0415

    def measure(told: Callable[[str], None]) -> list[Row]:
        return [*measure_matching(told, Benchmark(benchmark), plot), *measure_matching_worker(told)]

    _run("matching", measure, as_json=as_json)


@app.command()
def alerts(
    *,
    as_json: AsJson = False,
    alerts: Annotated[int, typer.Option(min=40, help="Alerts of the storm on failing endpoints.")] = 10_000,
    per_s: Annotated[float, typer.Option(min=1, help="Alerts a second.")] = 40.0,
    plot: Annotated[Path | None, typer.Option(help="Draw the storm's delays over time into this SVG.")] = None,
) -> None:
    """How alerts reach those who asked for them: failing endpoints and killed workers, a frame's way, the live feed."""
    from infra.bench.alert_storm import StormSize  # noqa: PLC0415
    from infra.bench.alerts import measure_alerts  # noqa: PLC0415

    _run("alerts", lambda told: measure_alerts(told, StormSize(alerts, per_s), plot), as_json=as_json)


def _run(name: str, measure: Callable[[Callable[[str], None]], list[Row]], *, as_json: bool) -> None:
    with spinner() as told:
        rows = measure(told)
    report = BenchReport(bench=name, machine=describe_machine(), threads=1, rows=tuple(rows))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    Console().print(_table(report))


def _table(report: BenchReport) -> Table:
    table = Table("what", "measured", "95 %", "must", "aim", "", title=f"{report.bench} on {report.machine}")
    for row in report.rows:
        interval = f"{row.interval[0]:g} to {row.interval[1]:g}" if row.interval else ""
        bars = ["" if bar is None else f"{bar:g}" for bar in (row.must, row.aim)]
        verdict = {True: "[green]met[/]", False: "[bold red]short[/]", None: ""}[row.met]
        table.add_row(row.name, f"{row.value:g} {row.unit}".strip(), interval, *bars, verdict)
    return table
