"""`platewatch webhook`: who is told of alerts, where and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dashboards.subscription_service import SubscriptionService
from infra.cli import webhook_deliveries, webhook_terms, webhook_trial
from infra.cli.options import AnyRole, By, SettingsFiles
from infra.cli.subscription_options import secrets_of
from infra.cli.subscription_steps import Id, Why, mandate_of, show_secret, with_subscriptions
from infra.cli.subscription_view import subscription_table, subscription_text
from streams.delivery.sealing import new_sealing_key
from streams.delivery.subscription import Subscription
from streams.delivery.subscription_store import SubscriptionVersion
from streams.people import Role

app = typer.Typer(help="Subscriptions to alerts: who is told, where and how.", no_args_is_help=True)
webhook_terms.register(app)
webhook_trial.register(app)
webhook_deliveries.register(app)


@app.command("list")
def list_(*, settings_files: SettingsFiles = None) -> None:
    """All subscriptions."""
    Console().print(subscription_table(with_subscriptions(settings_files, lambda service: service.all())))


@app.command()
def show(subscription_id: Id, *, settings_files: SettingsFiles = None) -> None:
    """One subscription, and which versions it has been. Secrets are not shown."""

    async def read(service: SubscriptionService) -> tuple[Subscription, list[SubscriptionVersion]]:
        return await service.get(subscription_id), await service.versions(subscription_id)

    subscription, versions = with_subscriptions(settings_files, read)
    Console(soft_wrap=True).print(subscription_text(subscription, versions), markup=False, highlight=False)


@app.command()
def enable(
    subscription_id: Id, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Serve a subscription again; what was held back while it was disabled goes out."""
    mandate = mandate_of(by, role, reason)
    with_subscriptions(settings_files, lambda service: service.enable(subscription_id, mandate))
    Console().print(f"{subscription_id}: enabled")


@app.command()
def disable(
    subscription_id: Id, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Serve a subscription no more until it is enabled; the reason is shown beside it."""
    mandate = mandate_of(by, role, reason)
    with_subscriptions(settings_files, lambda service: service.disable(subscription_id, mandate))
    Console().print(f"{subscription_id}: disabled")


@app.command()
def remove(
    subscription_id: Id, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Take a subscription off, and forget its secrets; what still waits for it is not sent."""
    mandate = mandate_of(by, role, reason)
    with_subscriptions(settings_files, lambda service: service.remove(subscription_id, mandate))
    Console().print(f"{subscription_id}: removed")


@app.command()
def rotate(
    subscription_id: Id,
    *,
    by: By,
    reason: Why,
    role: AnyRole = Role.MEMBER,
    secret_file: Annotated[Path | None, typer.Option(help="The new secret (whsec_…); without it, one is made.")] = None,
    settings_files: SettingsFiles = None,
) -> None:
    """Sign with a new secret and the one before, until `finish-rotation`: the receiver can change over in between."""
    mandate, given = mandate_of(by, role, reason), secrets_of(secret_file, None).signing
    issued = with_subscriptions(
        settings_files, lambda service: service.rotate_secret(subscription_id, mandate, given=given)
    )
    Console(stderr=True).print(f"{subscription_id}: signs with two secrets until `platewatch webhook finish-rotation`")
    if not given:
        show_secret(issued)


@app.command("finish-rotation")
def finish_rotation(
    subscription_id: Id, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Sign with the new secret alone: the receiver knows it, or the old one must not count any more."""
    mandate = mandate_of(by, role, reason)
    with_subscriptions(settings_files, lambda service: service.finish_rotation(subscription_id, mandate))
    Console().print(f"{subscription_id}: signs with the new secret alone")


@app.command()
def key() -> None:
    """Print a new key for delivery.sealing_key_file, which seals subscribers' secrets."""
    Console(soft_wrap=True).print(new_sealing_key(), markup=False, highlight=False)
