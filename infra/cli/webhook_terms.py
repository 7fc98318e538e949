"""`platewatch webhook add|change`: what a subscription is."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from infra.cli import subscription_options as options
from infra.cli.options import AnyRole, By, SettingsFiles
from infra.cli.subscription_options import GivenOptions, secrets_of
from infra.cli.subscription_steps import Id, Why, mandate_of, show_secret, with_subscriptions
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import Role


def register(app: typer.Typer) -> None:
    """Add the commands to the group `webhook`."""
    for command in (add, change):
        app.command()(command)


def add(  # noqa: PLR0913 - one parameter for each option of the command
    subscription_id: Annotated[str, typer.Argument(metavar="ID", help="Chosen by you, such as metro-cad.")],
    *,
    url: Annotated[str, typer.Option(help="https://host/path of the receiver, or mqtts://host/topic.")],
    agency: Annotated[str, typer.Option(help="Who is told.")],
    by: By,
    reason: Why,
    role: AnyRole = Role.MEMBER,
    system: options.System = None,
    format_: options.Format = None,
    template_file: options.TemplateFile = None,
    template_content_type: options.TemplateContentType = None,
    category: options.Categories = None,
    outcome: options.Outcomes = None,
    event: options.Events = None,
    priority: options.Priority = None,
    camera: options.Cameras = None,
    hotlist: options.Hotlists = None,
    circle: options.Circles = None,
    polygon: options.Polygons = None,
    schedule: options.Shifts = None,
    time_zone: options.TimeZone = None,
    auth: options.Auth = None,
    username: options.Username = None,
    header: options.Header = None,
    token_url: options.TokenUrl = None,
    scope: options.Scope = None,
    certificate_file: options.CertificateFile = None,
    auth_secret_file: options.AuthSecretFile = None,
    ca_file: options.CaFile = None,
    secret_file: options.SecretFile = None,
    concurrency: options.Concurrency = None,
    rate: options.Rate = None,
    inline_crop: options.InlineCrop = None,
    settings_files: SettingsFiles = None,
) -> None:
    """Tell a receiver of alerts from now on. Prints the signing secret, which is never shown again."""
    given = GivenOptions(
        terms={
            "system": system, "format": format_, "template_content_type": template_content_type,
            "concurrency": concurrency, "rate_per_s": rate, "inline_crop": inline_crop,
        },
        choice={
            "categories": category, "outcomes": outcome, "events": event, "least_urgent": priority,
            "cameras": camera, "hotlists": hotlist,
        },
        auth={"kind": auth, "username": username, "header": header, "token_url": token_url, "scope": scope},
        template_file=template_file, circles=circle, polygons=polygon, shifts=schedule, time_zone=time_zone,
        certificate_file=certificate_file, ca_file=ca_file,
    )  # fmt: skip
    terms = given.applied_to(SubscriptionTerms(agency=agency, url=url))
    secrets = secrets_of(secret_file, auth_secret_file)
    mandate = mandate_of(by, role, reason)
    issued = with_subscriptions(
        settings_files, lambda service: service.create(subscription_id, terms, secrets, mandate)
    )
    Console().print(f"{subscription_id}: added; `platewatch webhook test {subscription_id}` tries it")
    if not secrets.signing:
        show_secret(issued)


def change(  # noqa: PLR0913 - one parameter for each option of the command
    subscription_id: Id,
    *,
    by: By,
    reason: Why,
    role: AnyRole = Role.MEMBER,
    clear: options.Clear = None,
    url: options.Url = None,
    agency: options.Agency = None,
    system: options.System = None,
    format_: options.Format = None,
    template_file: options.TemplateFile = None,
    template_content_type: options.TemplateContentType = None,
    category: options.Categories = None,
    outcome: options.Outcomes = None,
    event: options.Events = None,
    priority: options.Priority = None,
    camera: options.Cameras = None,
    hotlist: options.Hotlists = None,
    circle: options.Circles = None,
    polygon: options.Polygons = None,
    schedule: options.Shifts = None,
    time_zone: options.TimeZone = None,
    auth: options.Auth = None,
    username: options.Username = None,
    header: options.Header = None,
    token_url: options.TokenUrl = None,
    scope: options.Scope = None,
    certificate_file: options.CertificateFile = None,
    auth_secret_file: options.AuthSecretFile = None,
    ca_file: options.CaFile = None,
    concurrency: options.Concurrency = None,
    rate: options.Rate = None,
    inline_crop: options.InlineCrop = None,
    settings_files: SettingsFiles = None,
) -> None:
    """Change a subscription; what is not given stays. A choice that is given again replaces the one before."""
    given = GivenOptions(
        terms={
            "url": url, "agency": agency, "system": system, "format": format_,
            "template_content_type": template_content_type, "concurrency": concurrency, "rate_per_s": rate,
            "inline_crop": inline_crop,
        },
        choice={
            "categories": category, "outcomes": outcome, "events": event, "least_urgent": priority,
            "cameras": camera, "hotlists": hotlist,
        },
        auth={"kind": auth, "username": username, "header": header, "token_url": token_url, "scope": scope},
        template_file=template_file, circles=circle, polygons=polygon, shifts=schedule, time_zone=time_zone,
        certificate_file=certificate_file, ca_file=ca_file, cleared=tuple(clear or ()),
    )  # fmt: skip
    secret = secrets_of(None, auth_secret_file).auth
    if given.is_nothing and not secret:
        msg = "nothing is to be changed; give what is new, as in --camera or --url"
        raise SubscriptionRefusedError(msg)
    mandate = mandate_of(by, role, reason)
    changed = with_subscriptions(
        settings_files,
        lambda service: service.change(subscription_id, given.applied_to, mandate, auth_secret=secret),
    )
    Console().print(f"{subscription_id}: changed, version {changed.version}")
