"""The run as it happens: a live page in a terminal, lines where there is none."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.demo.observer import Seen
from infra.demo.receiver import Receipt
from infra.demo.report import Percentiles
from streams.records import Alert, Detection

_READS_SHOWN = 10
_ALERTS_SHOWN = 6
_LINE_EVERY_S = 5.0
_PICTURE_WIDTH = 112
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """All that the view shows of one moment."""

    phase: str
    source: str
    elapsed_s: float
    now_s: float
    seen: Seen
    receipts: Sequence[Receipt]
    lags: Mapping[str, int]
    latency: Percentiles | None
    wanted: frozenset[str]


class View(Protocol):
    """Shows moments, from `__enter__` to `__exit__`."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        ...

    def show(self, moment: Moment) -> None:
        """Show how things stand."""
        ...


def build_view(console: Console) -> View:
    """The page where the console is a terminal, else lines."""
    return LivePage(console) if console.is_terminal else Lines(console)


class LivePage:
    """A page that is drawn anew, four times a second."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        """Take the screen."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._live.__exit__(kind, error, trace)

    def show(self, moment: Moment) -> None:
        """Draw the page."""
        self._live.update(page(moment))


class Lines:
    """A line now and then, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_s = 0.0

    def __enter__(self) -> Self:
        """Nothing to take."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to give back."""

    def show(self, moment: Moment) -> None:
        """Print a line, if the last one is a while ago."""
        if moment.elapsed_s < self._next_s:
            return
        self._next_s = moment.elapsed_s + _LINE_EVERY_S
        seen = moment.seen
        self._console.print(
            f"{moment.elapsed_s:5.0f} s  {moment.phase}: {len(seen.acknowledged_s)} frames, "
            f"{len(seen.detections)} passes, {len(seen.alerts)} alerts, {len(moment.receipts)} delivered, "
            f"lag {sum(moment.lags.values())}",
            markup=False,
            highlight=False,
        )


def draw(moment: Moment, file: Path) -> None:
    """Write the page as a picture (SVG), for documentation."""
    console = Console(
        record=True, width=_PICTURE_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(page(moment))
    drawn = console.export_svg(title="platewatch demo")
    # A picture in a document must not fetch fonts from anywhere.
    drawn = _WEB_FONT.sub("", drawn).replace("Fira Code", "DejaVu Sans Mono")
    file.write_text(drawn, encoding="utf-8")


def page(moment: Moment) -> RenderableType:
    """The whole page."""
    title = Text.assemble(("platewatch demo", "bold"), f"  {moment.phase}  ", (f"{moment.elapsed_s:.0f} s", "dim"))
    return Panel(
        Columns([Group(_camera(moment), _reads(moment)), Group(_workers(moment), _latency(moment)), _alerts(moment)]),
        title=title,
        subtitle=Text("Ctrl-C ends it cleanly", style="dim"),
    )


def plate(text: str) -> Text:
    """A plate that looks like one."""
    return Text(f" {text} ", style="bold black on white")


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))


def _camera(moment: Moment) -> Table:
    table = _table("cameras", "camera", "state", "frames/s", "frames")
    for name, status in moment.seen.cameras.items():
        rate = f"{moment.seen.frames_per_s(moment.now_s):.1f}"
        table.add_row(name, status.state, rate, str(len(moment.seen.acknowledged_s)))
    return table


def _workers(moment: Moment) -> Table:
    table = _table("workers", "worker", "waiting")
    for worker, lag in moment.lags.items():
        table.add_row(worker, Text(str(lag), style="yellow" if lag > 20 else "green"))  # noqa: PLR2004 - two seconds' frames
    return table


def _latency(moment: Moment) -> Table:
    table = _table("latency", "frame to webhook", "ms")
    if moment.latency:
        table.add_row("p50", f"{moment.latency.p50:.0f}")
        table.add_row("p99", f"{moment.latency.p99:.0f}")
    return table


def _reads(moment: Moment) -> Table:
    table = _table("latest reads", "plate", "sure", "looks", "")
    newest = sorted(moment.seen.detections.values(), key=_last_seen, reverse=True)[:_READS_SHOWN]
    for detection in newest:
        mark = Text("wanted", style="bold red") if detection.plate in moment.wanted else Text("")
        table.add_row(plate(detection.plate), f"{detection.confidence:.3f}", str(detection.looks), mark)
    return table


def _last_seen(detection: Detection) -> float:
    return detection.last_seen_at.timestamp()


def _alerts(moment: Moment) -> Table:
    table = _table("alerts", "plate", "why", "delivered")
    delivered = {receipt.webhook_id for receipt in moment.receipts}
    newest: list[Alert] = sorted(moment.seen.alerts.values(), key=lambda alert: alert.raised_at, reverse=True)
    for alert in newest[:_ALERTS_SHOWN]:
        entry = alert.hit.match.entry
        arrived = Text("yes", style="green") if alert.id in delivered else Text("on its way", style="yellow")
        table.add_row(plate(alert.hit.match.detection.plate), entry.category, arrived)
    return table
