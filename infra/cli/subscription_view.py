"""Subscriptions as people see them in a terminal; never a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from dashboards.subscription_json import shown_url
from streams.delivery.subscription import (
    TOLD_BY_DEFAULT,
    AlertChoice,
    AuthKind,
    Circle,
    Polygon,
    SecretName,
    Subscription,
    Weekday,
)
from streams.delivery.subscription_store import SubscriptionListing, SubscriptionVersion
from streams.records import AlertEvent


def subscription_table(listing: SubscriptionListing) -> Table:
    """One line for each subscription: who, where, how, and whether it is served."""
    table = Table("subscription", "agency", "system", "endpoint", "format", "state", "version", "changed", "by")
    for stored in listing.readable:
        one = stored.subscription
        state = f"disabled: {one.disabled_because}" if one.disabled_because else "served"
        cells = (one.id, one.agency, one.system, shown_url(one), one.format, state, str(one.version))
        table.add_row(*map(Text, (*cells, _shown(one.changed_at), one.changed_by)))
    for name, why in listing.unreadable.items():
        table.add_row(*map(Text, (name, "", "", "", "", why, "", "", "")))
    return table


def subscription_text(subscription: Subscription, versions: Iterable[SubscriptionVersion]) -> str:
    """All of a subscription, line by line, and the versions that it was."""
    one = subscription
    state = f"disabled: {one.disabled_because}" if one.disabled_because else "served"
    lines = [f"subscription {one.id}: {state}"]
    lines += [f"  {name}: {value}" for name, value in _terms(one) if value]
    lines.append("versions:")
    for version in versions:
        was = version.subscription
        note = "removed" if version.removed else f"disabled: {was.disabled_because}" if was.disabled_because else ""
        lines.append(f"  {was.version}  {_shown(was.changed_at)} by {was.changed_by}{f'  ({note})' if note else ''}")
    return "\n".join(lines)


def _terms(one: Subscription) -> Iterator[tuple[str, str]]:
    yield "agency", one.agency
    yield "system", one.system
    yield "endpoint", shown_url(one)
    yield (
        "format",
        f"{one.format}, {len(one.template)} characters of {one.template_content_type}" if one.template else one.format,
    )
    yield from _choice(one.choice)
    auth = one.auth
    parts = (auth.username, auth.header, auth.token_url, auth.scope, "certificate" if auth.certificate_pem else "")
    yield "auth", " ".join(filter(None, (auth.kind, *parts))) if auth.kind is not AuthKind.NONE else ""
    yield "authority", "the subscriber's own" if one.ca_pem else ""
    yield "limits", f"{one.concurrency} requests at once, {one.rate_per_s:g} per second"
    yield "picture", "in the message" if one.inline_crop else ""
    yield "signing", "with the new secret and the one before" if SecretName.SIGNING_BEFORE in one.sealed else ""


def _choice(choice: AlertChoice) -> Iterator[tuple[str, str]]:
    yield "categories", ", ".join(choice.categories)
    yield "outcomes", ", ".join(choice.outcomes)
    events = choice.events or tuple(event for event in AlertEvent if event in TOLD_BY_DEFAULT)
    yield "events", ", ".join(events)
    yield "priority", f"1 to {choice.least_urgent}"
    yield "cameras", ", ".join(choice.cameras)
    yield "hot lists", ", ".join(choice.hotlists)
    yield "areas", "; ".join(map(_area, choice.areas))
    if choice.schedule is not None:
        shifts = "; ".join(f"{_days(shift.days)} {shift.begins}-{shift.ends}" for shift in choice.schedule.shifts)
        yield "schedule", f"{shifts} ({choice.schedule.time_zone})"


def _days(days: Iterable[Weekday]) -> str:
    named = ",".join(days)
    return "every day" if named == ",".join(Weekday) else named


def _area(area: Circle | Polygon) -> str:
    if isinstance(area, Circle):
        return f"{area.radius_m:g} m around {area.center.lat:g}, {area.center.lon:g}"
    corner = area.ring[0]
    return f"a polygon of {len(area.ring)} corners, the first at {corner.lat:g}, {corner.lon:g}"


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
