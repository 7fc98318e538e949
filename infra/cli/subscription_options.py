"""The options by which `platewatch webhook add` and `change` say what a subscription is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from dashboards.subscription_service import GivenSecrets
from infra.cli.subscription_words import circle_of, file_text, schedule_of
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.geojson import polygons_from_geojson
from streams.delivery.subscription import AlertChoice, AlertFormat, AuthKind, Circle, EndpointAuth, Polygon
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.records import AlertEvent, Category, Outcome

Url = Annotated[str | None, typer.Option(help="https://host/path of the receiver, or mqtts://host/topic.")]
Agency = Annotated[str | None, typer.Option(help="Who is told.")]
System = Annotated[str | None, typer.Option(help="With which system, as in CAD.")]
Format = Annotated[AlertFormat | None, typer.Option("--format", help="In which words.")]
TemplateFile = Annotated[Path | None, typer.Option(help="Jinja2 template; the format is then `template`.")]
TemplateContentType = Annotated[str | None, typer.Option(help="Of what the template makes; application/json.")]
Categories = Annotated[list[Category] | None, typer.Option("--category", help="Only these; may be given repeatedly.")]
Outcomes = Annotated[list[Outcome] | None, typer.Option("--outcome", help="Only these; exact and likely by default.")]
Events = Annotated[list[AlertEvent] | None, typer.Option("--event", help="Only what these bring about.")]
Priority = Annotated[int | None, typer.Option(min=1, max=5, help="Only alerts as urgent as this, 1 being the most.")]
Cameras = Annotated[list[str] | None, typer.Option("--camera", help="Only of these; * is any characters: north-*.")]
Hotlists = Annotated[list[str] | None, typer.Option("--hotlist", help="Only of these lists.")]
Circles = Annotated[list[str] | None, typer.Option("--circle", metavar="LAT,LON,METRES", help="Only from in there.")]
Polygons = Annotated[list[Path] | None, typer.Option("--polygon", help="Only from in there: a file of GeoJSON.")]
Shifts = Annotated[list[str] | None, typer.Option("--schedule", help="Only then, as in 'mon-fri 08:00-18:00'.")]
TimeZone = Annotated[str | None, typer.Option(help="Of the schedule, as in America/New_York; UTC without.")]
Auth = Annotated[AuthKind | None, typer.Option("--auth", help="How we prove ourselves, beside the signature.")]
Username = Annotated[str | None, typer.Option(help="Of auth basic; the client's id of oauth2.")]
Header = Annotated[str | None, typer.Option(help="Of auth header: its name.")]
TokenUrl = Annotated[str | None, typer.Option(help="Of auth oauth2: where tokens are given out.")]
Scope = Annotated[str | None, typer.Option(help="Of auth oauth2: what is asked for.")]
CertificateFile = Annotated[Path | None, typer.Option(help="Of auth mutual-tls: our certificate (PEM).")]
AuthSecretFile = Annotated[
    Path | None, typer.Option(help="Password, key, client's secret, or private key (PEM) of the certificate.")
]
CaFile = Annotated[Path | None, typer.Option(help="Authority (PEM) that signed the receiver's certificate.")]
SecretFile = Annotated[Path | None, typer.Option(help="Signing secret (whsec_…) that the receiver has already.")]
Concurrency = Annotated[int | None, typer.Option(min=1, max=64, help="Requests under way at once.")]
Rate = Annotated[float | None, typer.Option(help="Requests per second at most.")]
InlineCrop = Annotated[bool | None, typer.Option(help="Whether the plate's picture is in the message itself.")]


class Part(StrEnum):
    """What a change can take away again, as it was not given at first."""

    CATEGORIES = "categories"
    OUTCOMES = "outcomes"
    EVENTS = "events"
    PRIORITY = "priority"
    CAMERAS = "cameras"
    HOTLISTS = "hotlists"
    AREAS = "areas"
    SCHEDULE = "schedule"
    AUTH = "auth"
    CA = "ca"


Clear = Annotated[
    list[Part] | None, typer.Option("--clear", help="Take this choice back: as if it had never been given.")
]

_CHOICES = {Part.PRIORITY: "least_urgent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOptions:
    """What was given of a subscription's terms; None, or nothing, where nothing was."""

    terms: dict[str, Any]
    choice: dict[str, Any]
    auth: dict[str, Any]
    template_file: Path | None = None
    circles: list[str] | None = None
    polygons: list[Path] | None = None
    shifts: list[str] | None = None
    time_zone: str | None = None
    certificate_file: Path | None = None
    ca_file: Path | None = None
    cleared: tuple[Part, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether no option was given at all."""
        plain = (self.template_file, self.time_zone, self.certificate_file, self.ca_file)
        several = (self.circles, self.polygons, self.shifts, self.cleared)
        named = (_given(self.terms), _given(self.choice), _given(self.auth))
        return all(one is None for one in plain) and not any(several) and not any(named)

    def applied_to(self, terms: SubscriptionTerms) -> SubscriptionTerms:
        """The terms with what was given.

        Raises:
            SubscriptionRefusedError: a file cannot be used, or a text is not what it should be.
        """
        changes = _given(self.terms)
        if self.template_file is not None:
            changes = {"format": AlertFormat.TEMPLATE, **changes, "template": file_text(self.template_file)}
        elif changes.get("format", AlertFormat.TEMPLATE) is not AlertFormat.TEMPLATE:
            changes["template"] = ""
        if self.ca_file is not None or Part.CA in self.cleared:
            changes["ca_pem"] = file_text(self.ca_file) if self.ca_file else ""
        return msgspec.structs.replace(terms, **changes, choice=self._choice(terms.choice), auth=self._auth(terms.auth))

    def _choice(self, choice: AlertChoice) -> AlertChoice:
        names = {_CHOICES.get(part, part.value) for part in self.cleared} & set(AlertChoice.__struct_fields__)
        plain = AlertChoice()
        changes = {name: getattr(plain, name) for name in names} | _given(self.choice)
        if self.circles or self.polygons:
            changes["areas"] = self._areas()
        if self.shifts:
            changes["schedule"] = schedule_of(self.shifts, self.time_zone)
        elif self.time_zone is not None:
            if choice.schedule is None:
                msg = "a time zone is given, but no schedule; give it with --schedule"
                raise SubscriptionRefusedError(msg)
            changes["schedule"] = msgspec.structs.replace(choice.schedule, time_zone=self.time_zone)
        return msgspec.structs.replace(choice, **changes)

    def _areas(self) -> tuple[Circle | Polygon, ...]:
        polygons = [
            polygon for path in self.polygons or () for polygon in polygons_from_geojson(file_text(path).encode())
        ]
        return (*map(circle_of, self.circles or ()), *polygons)

    def _auth(self, auth: EndpointAuth) -> EndpointAuth:
        changes = _given(self.auth)
        if self.certificate_file is not None:
            changes["certificate_pem"] = file_text(self.certificate_file)
        # Another kind of proof begins anew: what belonged to the one before does not belong to it.
        other = Part.AUTH in self.cleared or changes.get("kind", auth.kind) is not auth.kind
        return msgspec.structs.replace(EndpointAuth() if other else auth, **changes)


def secrets_of(signing: Path | None, auth: Path | None) -> GivenSecrets:
    """The secrets in files; they never stand in a command line, which others see and histories keep.

    Raises:
        SubscriptionRefusedError: a file cannot be read.
    """
    return GivenSecrets(signing=file_text(signing) if signing else "", auth=file_text(auth) if auth else "")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Those that were given; several of one kind as a tuple."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in options.items()
        if value is not None and value != []
    }
