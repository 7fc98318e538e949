"""`platewatch demo`: the whole system on this machine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from infra.cli.stack import start_progress
from infra.demo.demo import Clock, Demo, Outcome
from infra.demo.scenario import Scenario, given, rendered
from infra.demo.view import draw
from infra.local_stack.stack import LocalStack
from infra.local_stack.status import ServiceState
from recognizers.rendering.clip_spec import demo_spec

app = typer.Typer(add_completion=False)

NOT_ALL_ARRIVED = 1
_FOLDER = Path(".platewatch/demo")


@app.command()
def demo(
    *,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Video, folder of images, http:// or rtsp://; else a clip of its own."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End with the clip; else it is played again and again.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write what happened to this file, as JSON.")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the page as it was at the end (SVG).")] = None,
    wanted: Annotated[
        list[str] | None, typer.Option("--wanted", help="A plate for the hot list, with --source; may be repeated.")
    ] = None,
) -> None:
    """Start everything, play a clip through it, show what happens, and check that all arrived."""
    console = Console(stderr=True)
    # As Ctrl-C: whoever ends us means our children too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    clock = Clock()
    scenario = _scenario(console, clock, source, tuple(wanted or ()))
    with _stack(console, clock) as stack_settings:
        plan = Demo(_FOLDER, stack_settings, scenario, console, clock)
        with plan.started() as (installation, supervisor):
            while True:
                outcome = plan.play(installation, supervisor)
                _tell(console, outcome, report)
                if picture is not None:
                    draw(outcome.picture, picture)
                if once:
                    break
    if outcome.faults:
        sys.exit(NOT_ALL_ARRIVED)


def _scenario(console: Console, clock: Clock, source: str | None, wanted: tuple[str, ...]) -> Scenario:
    if source is not None:
        return given(source, wanted)
    with clock.part("render"), Progress(console=console, transient=True) as progress:
        task = progress.add_task("rendering the traffic clip (first run only)", total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        return rendered(demo_spec(), _FOLDER, advance)


@contextmanager
def _stack(console: Console, clock: Clock) -> Iterator[Path]:
    """The local stack; left as it was found: running if it ran, stopped if it did not."""
    stack = LocalStack()
    ran = all(service.state is ServiceState.UP for service in stack.status())
    try:
        with clock.part("stack"), start_progress(console) as on_progress:
            addresses = stack.up(on_progress)
        yield addresses.settings_file
    finally:
        if not ran:
            with clock.part("stop"), console.status("stopping the servers"):
                stack.down()


def _tell(console: Console, outcome: Outcome, report: Path | None) -> None:
    done = outcome.report
    table = Table.grid(padding=(0, 2))
    table.add_row("frames", f"{done.frames} taken, {done.frames_dropped} dropped")
    table.add_row("passes", f"{done.passes} read, {done.documents} in Elasticsearch")
    if done.passes_true is not None:
        table.add_row("against truth", f"{done.passes_exact} of {done.passes_true} exact, {done.ghost_passes} ghosts")
    expected = "" if done.hits_expected is None else f" of {done.hits_expected} expected"
    table.add_row("alerts", f"{done.alerts_delivered}{expected} delivered, {done.alerts_repeated} repeated")
    if done.frame_to_webhook_ms:
        times = done.frame_to_webhook_ms
        table.add_row("frame to webhook", f"p50 {times.p50:.0f} ms, p99 {times.p99:.0f} ms")
    table.add_row("seconds", ", ".join(f"{name} {seconds:.0f}" for name, seconds in done.seconds.items()))
    console.print(table)
    for fault in outcome.faults:
        console.print(f"missing: {fault}", style="bold red", markup=False)
    if not outcome.faults:
        console.print("everything that should have arrived did", style="bold green")
        console.print(
            "next: ./run exec platewatch search PLATE --case DEMO --reason 'trying it out'",
            style="dim",
        )
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=2) + b"\n")
