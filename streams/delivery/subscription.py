"""Who is told of which alerts, where and how: the record that is kept of a subscriber."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from streams.records import AlertEvent, Category, GeoPoint, Outcome, Record, Timestamp

TOLD_BY_DEFAULT = frozenset(AlertEvent) - {AlertEvent.SIGHTED, AlertEvent.TAKEN}
"""Without a choice of events: what changes what a receiver would do."""


class AlertFormat(StrEnum):
    """The words that an alert is put in; one module of `streams.delivery.formats` each."""

    CLOUDEVENTS = "cloudevents"
    EIDO = "eido"
    CAP = "cap"
    SLACK = "slack"
    TEAMS = "teams"
    TEMPLATE = "template"
    """The subscriber's own (Jinja2, sandboxed)."""


class Circle(msgspec.Struct, frozen=True, tag="circle", tag_field="kind"):
    """All that is at most `radius_m` from a place."""

    center: GeoPoint
    radius_m: Annotated[float, msgspec.Meta(gt=0)]


class Polygon(msgspec.Struct, frozen=True, tag="polygon", tag_field="kind"):
    """All that is inside a ring of places; the last is joined with the first."""

    ring: Annotated[tuple[GeoPoint, ...], msgspec.Meta(min_length=3)]


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of some days. One that ends before it begins goes over midnight, and belongs to the day it begins on."""

    days: tuple[Weekday, ...] = tuple(Weekday)
    begins: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "00:00"
    ends: Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = "24:00"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a subscriber wants to be told."""

    time_zone: str = "UTC"
    """IANA name, such as `America/New_York`."""
    shifts: Annotated[tuple[Shift, ...], msgspec.Meta(min_length=1)]


class AlertChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts a subscriber asked for; where nothing is said, all of them. What is said must all hold."""

    categories: tuple[Category, ...] = ()
    outcomes: tuple[Outcome, ...] = (Outcome.EXACT, Outcome.LIKELY)
    events: tuple[AlertEvent, ...] = ()
    """Empty: those of TOLD_BY_DEFAULT."""
    least_urgent: Annotated[int, msgspec.Meta(ge=1, le=5)] = 5
    """Priorities from 1 to this."""
    cameras: tuple[str, ...] = ()
    """Names, with `*` for any characters: `north-*`."""
    areas: tuple[Circle | Polygon, ...] = ()
    """Where one of its sightings must be; a camera without a place is in none."""
    schedule: Schedule | None = None
    """By the time at which the alert was raised, for all its revisions: who was told of it hears how it ends."""
    hotlists: tuple[str, ...] = ()


class AuthKind(StrEnum):
    """How we prove ourselves to an endpoint, beside the signature."""

    NONE = "none"
    BASIC = "basic"
    HEADER = "header"
    """A key in a header of the endpoint's choice."""
    OAUTH2 = "oauth2"
    """Client credentials (RFC 6749, 4.4)."""
    MUTUAL_TLS = "mutual-tls"


class EndpointAuth(msgspec.Struct, frozen=True, kw_only=True):
    """How we prove ourselves to an endpoint. What is secret in it is among the subscription's sealed secrets."""

    kind: AuthKind = AuthKind.NONE
    username: str = ""
    """Of `basic`; the client's id of `oauth2`."""
    header: str = ""
    """Of `header`: its name."""
    token_url: str = ""
    scope: str = ""
    certificate_pem: str = ""
    """Of `mutual-tls`: our certificate; its key is a secret."""


class SecretName(StrEnum):
    """What of a subscription is sealed."""

    SIGNING = "signing"
    """whsec_…, Standard Webhooks."""
    SIGNING_BEFORE = "signing-before"
    """The one before, while receivers change over: both sign."""
    AUTH = "auth"
    """Password, key, client secret, or the private key of the certificate."""


class Subscription(Record, frozen=True, kw_only=True):
    """A subscriber: who, what, where, how."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    """Chosen by whoever makes it: `metro-cad`."""
    version: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Raised by each change."""
    agency: str
    system: str = ""
    url: str
    """`https://…` (or `http://` where the settings allow it), or `mqtts://host/topic`."""
    format: AlertFormat = AlertFormat.CLOUDEVENTS
    template: str = ""
    """Of the format `template`."""
    template_content_type: str = "application/json"
    choice: AlertChoice = AlertChoice()
    auth: EndpointAuth = EndpointAuth()
    ca_pem: str = ""
    """Certificate authority that signed the endpoint's certificate, where it is no public one."""
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    """Requests under way at once; those of one alert go one after the other."""
    rate_per_s: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 200.0
    inline_crop: bool = False
    """Whether the plate's picture comes along in the message, beside the link."""
    disabled_because: str = ""
    """Empty: it is served."""
    sealed: dict[SecretName, str] = msgspec.field(default_factory=dict)
    """Its secrets, sealed with the installation's key; see `streams.delivery.sealing`."""
    created_at: Timestamp
    created_by: str
    changed_at: Timestamp
    changed_by: str


class DeliveryState(StrEnum):
    """Where the delivery of one revision to one subscriber stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up, or refused for good: it is in the dead letters, and can be sent again."""
    SUPERSEDED = "superseded"
    """Never sent: the subscription was removed, or disabled, meanwhile."""


class Delivery(Record, frozen=True, kw_only=True):
    """One revision of an alert on its way to one subscriber, as people see it; it holds no plate."""

    id: str
    """The webhook-id: the same at every try, and at every subscriber."""
    subscription: str
    alert: str
    revision: int
    event: AlertEvent
    state: DeliveryState
    queued_at: Timestamp
    tries: int = 0
    last_try_at: Timestamp | None = None
    next_try_at: Timestamp | None = None
    delivered_at: Timestamp | None = None
    last_answer: str = ""
    """In one sentence, without secrets and without the receiver's body."""


def delivery_id(alert: str, revision: int) -> str:
    """The id of what is sent of a revision. A receiver that knows it has had it.

    It holds no dot: a signature is over id, time and body with dots between them.
    """
    return f"{alert}_{revision}"
