"""`platewatch webhook status|redrive`: how deliveries stand, and sending once more what failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

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
    Console().print(_delivery_table(deliveries) if any(terms.values()) else _count_table(counts, datetime.now(UTC)))


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


def _count_table(counts: Sequence[DeliveryCounts], now: datetime) -> Table:
    table = Table("subscription", *DeliveryState, "oldest pending", title="deliveries")
    for one in counts:
        numbers = [
            f"[{_COLOURS[state]}]{one.by_state.get(state, 0):,}[/]" if one.by_state.get(state) else "0"
            for state in DeliveryState
        ]
        oldest = f"{(now - one.oldest_pending).total_seconds():.0f} s" if one.oldest_pending else ""
        table.add_row(one.subscription, *numbers, oldest)
    return table


def _delivery_table(deliveries: Sequence[Delivery]) -> Table:
    table = Table("queued (UTC)", "subscription", "alert", "revision", "state", "tries", "last answer", "next try")
    for one in deliveries:
        table.add_row(
            f"{one.queued_at:%m-%d %H:%M:%S}",
            one.subscription,
            one.alert,
            f"{one.revision} {one.event}",
            f"[{_COLOURS[one.state]}]{one.state}[/]",
            str(one.tries),
            one.last_answer,
            f"{one.next_try_at:%H:%M:%S}" if one.next_try_at and one.state is DeliveryState.PENDING else "",
        )
    return table
