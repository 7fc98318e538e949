"""What the commands of `platewatch webhook` share: the service, who does it and why, and a secret shown once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from dashboards.subscription_service import Issued, SubscriptionService, open_subscriptions
from dashboards.subscription_steps import Mandate
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from streams.people import Actor, Role

ResultT = TypeVar("ResultT")

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the subscription, as `webhook list` tells it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


def mandate_of(by: str, role: Role, reason: str) -> Mandate:
    """Who does it, in which role, and why."""
    return Mandate(Actor(by, role), reason)


def with_subscriptions(
    settings_files: SettingsFiles, act: Callable[[SubscriptionService], Awaitable[ResultT]]
) -> ResultT:
    """What the service gives, opened for this one step."""
    settings = load_settings_and_services(settings_files)

    async def run() -> ResultT:
        async with open_subscriptions(settings) as service:
            return await act(service)

    return asyncio.run(run())


def show_secret(issued: Issued) -> None:
    """The new signing secret, on standard output alone, so that it can be sent on and no more."""
    Console(stderr=True).print("signing secret, shown this once; the receiver verifies messages with it:")
    Console(soft_wrap=True).print(issued.signing_secret, markup=False, highlight=False)
