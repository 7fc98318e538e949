from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.cli.subscription_options import GivenOptions, Part, secrets_of
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import (
    AlertChoice,
    AlertFormat,
    AuthKind,
    Circle,
    EndpointAuth,
    Polygon,
    Schedule,
    Shift,
    Weekday,
)
from streams.records import Category, GeoPoint
from tests.subscription_builders import build_subscription_terms

BEFORE = build_subscription_terms(
    choice=AlertChoice(
        categories=(Category.AMBER,),
        cameras=("gate",),
        least_urgent=2,
        schedule=Schedule(time_zone="America/New_York", shifts=(Shift(days=(Weekday.MONDAY,)),)),
    ),
    auth=EndpointAuth(kind=AuthKind.BASIC, username="pw"),
    format=AlertFormat.TEMPLATE,
    template="{{ notice }}",
)


def options(**given: Any) -> GivenOptions:
    parts: dict[str, Any] = {name: given.pop(name, {}) for name in ("terms", "choice", "auth")}
    return GivenOptions(**parts, **given)


def test_what_is_not_given_stays() -> None:
    nothing = options(terms={"system": None}, choice={"cameras": None, "categories": []}, auth={"kind": None})
    assert nothing.is_nothing
    assert nothing.applied_to(BEFORE) == BEFORE


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        pytest.param({"choice": {"cameras": ["north-*", "b"]}}, {"cameras": ("north-*", "b")}, id="replaced"),
        pytest.param({"cleared": (Part.CAMERAS, Part.PRIORITY)}, {"cameras": (), "least_urgent": 5}, id="cleared"),
        pytest.param({"cleared": (Part.SCHEDULE,)}, {"schedule": None}, id="schedule-cleared"),
        pytest.param({"circles": ["1,2,3"]}, {"areas": (Circle(GeoPoint(1, 2), 3),)}, id="circle"),
        pytest.param(
            {"time_zone": "UTC"}, {"schedule": Schedule(shifts=(Shift(days=(Weekday.MONDAY,)),))}, id="other-zone"
        ),
        pytest.param(
            {"shifts": ["sun"]}, {"schedule": Schedule(shifts=(Shift(days=(Weekday.SUNDAY,)),))}, id="other-shifts"
        ),
    ],
)
def test_a_choice_that_is_given_replaces_the_one_before(given: dict[str, Any], choice: dict[str, Any]) -> None:
    assert not options(**given).is_nothing
    expected = msgspec.structs.replace(BEFORE, choice=msgspec.structs.replace(BEFORE.choice, **choice))
    assert options(**given).applied_to(BEFORE) == expected


def test_another_kind_of_auth_begins_anew() -> None:
    header = options(auth={"kind": AuthKind.HEADER, "header": "X-Api-Key"}).applied_to(BEFORE)
    assert header.auth == EndpointAuth(kind=AuthKind.HEADER, header="X-Api-Key")
    assert options(auth={"username": "other"}).applied_to(BEFORE).auth.kind is AuthKind.BASIC
    assert options(cleared=(Part.AUTH,)).applied_to(BEFORE).auth == EndpointAuth()


def test_a_template_brings_its_format_and_another_format_drops_it(tmp_path: Path) -> None:
    file = tmp_path / "t.j2"
    file.write_text("{{ notice | tojson }}\n")
    plain = build_subscription_terms()
    templated = options(template_file=file).applied_to(plain)
    assert (templated.format, templated.template) == (AlertFormat.TEMPLATE, "{{ notice | tojson }}")
    assert options(terms={"format": AlertFormat.CAP}).applied_to(BEFORE).template == ""


def test_areas_come_from_files_of_geojson_and_circles_together(tmp_path: Path) -> None:
    file = tmp_path / "beat.geojson"
    ring = [[-86, 38], [-85, 38], [-85, 39], [-86, 38]]
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    areas = options(circles=["1,2,3"], polygons=[file]).applied_to(BEFORE).choice.areas
    assert [type(area) for area in areas] == [Circle, Polygon]


def test_a_zone_without_a_schedule_is_refused() -> None:
    with pytest.raises(SubscriptionRefusedError, match="give it with --schedule"):
        options(time_zone="UTC").applied_to(build_subscription_terms())


def test_an_authority_is_read_from_a_file_and_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("PEM\n")
    trusting = options(ca_file=file).applied_to(BEFORE)
    assert trusting.ca_pem == "PEM"
    assert options(cleared=(Part.CA,)).applied_to(trusting).ca_pem == ""


def test_every_part_that_can_be_cleared_is_there() -> None:
    for part in Part:
        options(cleared=(part,)).applied_to(BEFORE)


def test_secrets_come_from_files_alone(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    given = secrets_of(None, file)
    assert (given.auth, given.signing) == ("hunter2", "")
