"""`platewatch webhook test`: one made-up alert, on the way that real ones go."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer
from rich.console import Console

from dashboards.subscription_service import open_subscriptions
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.cli.subscription_steps import Id
from infra.settings import Settings
from streams.delivery.contexts import MessageContexts
from streams.delivery.formats.catalogue import format_alert
from streams.delivery.formats.specimen import specimen_alert
from streams.delivery.message import Answer, OutgoingMessage, Transport, Verdict, judge
from streams.delivery.subscription import Subscription, delivery_id
from streams.delivery.transports import open_transport
from streams.records import AlertPurpose, to_milliseconds

NOT_TAKEN = 2
"""Exit code of a test that the receiver did not take."""


def register(app: typer.Typer) -> None:
    """Add the command to the group `webhook`."""
    app.command("test")(try_out)


def try_out(subscription_id: Id, *, settings_files: SettingsFiles = None) -> None:
    """Send one made-up alert, marked as a test, and say what came back; exit 2 where it was not taken."""
    settings = load_settings_and_services(settings_files)
    answer = asyncio.run(_try_out(subscription_id, settings))
    Console(soft_wrap=True).print(result_line(subscription_id, answer), markup=False, highlight=False)
    if judge(answer) is not Verdict.DELIVERED:
        raise typer.Exit(NOT_TAKEN)


def result_line(subscription_id: str, answer: Answer) -> str:
    """What came of a test, in one line."""
    taken = "taken" if judge(answer) is Verdict.DELIVERED else "not taken"
    return f"{subscription_id}: {taken} after {answer.seconds * 1000:.0f} ms: {answer}"


async def send_test(
    subscription: Subscription, transport: Transport, contexts: MessageContexts, now: datetime
) -> Answer:
    """Send the test alert of a time to a subscriber, whatever it chose, and whether it is served or not."""
    alert = specimen_alert(to_milliseconds(now), AlertPurpose.TEST)
    payload = format_alert(alert, subscription, await contexts.context_of(alert, subscription))
    return await transport.send(OutgoingMessage(delivery_id(alert.id, alert.revision), payload), subscription)


async def _try_out(subscription_id: str, settings: Settings) -> Answer:
    async with open_subscriptions(settings) as subscriptions, open_transport(settings.delivery) as transport:
        subscription = await subscriptions.get(subscription_id)
        return await send_test(subscription, transport, MessageContexts.of(settings), datetime.now(UTC))
