"""`platewatch webhook status|redrive`: how deliveries stand, and sending once more what failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboards.redrives import open_redrives
from infra.cli.options import By, SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.cli.subscription_steps import Why
from streams.clients import build_elasticsearch
from streams.delivery.delivery_store import DeliveryCounts, DeliveryStore
from streams.delivery.subscription import Delivery, DeliveryState

_COLOURS = {
    DeliveryState.PENDING: "yellow",
    DeliveryState.DELIVERED: "green",
    DeliveryState.FAILED: "bold red",
    DeliveryState.SUPERSEDED: "dim",
}


def register(group: typer.Typer) -> None:
    """Add the commands to the group `webhook`."""
    group.command()(status)
    group.command()(redrive)


def status(
    subscription_id: Annotated[str | None, typer.Argument(help="One subscription; without it, all.")] = None,
    *,
    alert: Annotated[str | None, typer.Option(help="Only deliveries of this alert.")] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries that stand so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Deliveries that are shown at most.")] = 20,
    settings_files: SettingsFiles = None,
) -> None:
    """How deliveries stand: counts of each subscription, or the deliveries one by one, newest first."""
    settings = load_settings_and_services(settings_files)
    terms: dict[str, Sequence[str]] = {
        "subscription": [subscription_id] if subscription_id else [],
        "alert": [alert] if alert else [],
        "state": [state] if state else [],
    }

    async def ask() -> tuple[list[DeliveryCounts], list[Delivery]]:
        client = build_elasticsearch(settings.elasticsearch)
        try:
            store = DeliveryStore(client)
            if any(terms.values()):
                return [], await store.search(terms, limit)
            return await store.counts(), []
        finally:
            await client.close()

    counts, deliveries = asyncio.run(ask())
    if any(terms.values()):
        Console().print(delivery_lines(deliveries), end="")
    else:
        Console().print(count_table(counts, datetime.now(UTC)))


def redrive(
    subscription_id: Annotated[str, typer.Argument(help="Whose failed deliveries are sent once more.")],
    *,
    by: By,
    reason: Why,
    alert: Annotated[str | None, typer.Option(help="Only those of this alert.")] = None,
    settings_files: SettingsFiles = None,
) -> None:
    """Send once more what could not be delivered to a subscription; each under the id that it had."""
    settings = load_settings_and_services(settings_files)

    async def act() -> int:
        async with open_redrives(settings) as redrives:
            return await redrives.redrive(subscription_id, alert, by=by, reason=reason)

    count = asyncio.run(act())
    console = Console()
    if not count:
        console.print(f"nothing of {subscription_id} failed that is still kept; nothing was sent")
        return
    console.print(
        f"{count} deliveries are sent once more; `platewatch webhook status {subscription_id}` shows how they fare"
    )


def count_table(counts: Sequence[DeliveryCounts], now: datetime) -> Table:
    """How many deliveries to each subscription stand where."""
    table = Table("subscription", *DeliveryState, "oldest pending", title="deliveries")
    for one in counts:
        numbers = [
            f"[{_COLOURS[state]}]{one.by_state.get(state, 0):,}[/]" if one.by_state.get(state) else "0"
            for state in DeliveryState
        ]
        oldest = f"{(now - one.oldest_pending).total_seconds():.0f} s" if one.oldest_pending else ""
        table.add_row(one.subscription, *numbers, oldest)
    return table


def delivery_lines(deliveries: Sequence[Delivery]) -> Text:
    """Each delivery in two lines, which fit a narrow terminal: what and how it stands, and the last answer."""
    text = Text()
    for one in deliveries:
        text.append(f"{one.queued_at:%m-%d %H:%M:%S}  {one.subscription}  ")
        text.append(one.state, style=_COLOURS[one.state])
        tries = f" after {one.tries} tries" if one.tries > 1 else ""
        is_tried_again = one.next_try_at is not None and one.state is DeliveryState.PENDING
        text.append(f"{tries}{f', next {one.next_try_at:%H:%M:%S}' if is_tried_again else ''}\n")
        text.append(f"    alert {one.alert}, revision {one.revision} ({one.event})", style="dim")
        text.append(f": {one.last_answer}\n" if one.last_answer else "\n")
    return text or Text("no such delivery is on record\n")
