from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from dashboards.alert_api import STEPS
from streams.alerts.transitions import TABLE
from streams.people import PEOPLE, Role
from streams.records import AlertEvent, AlertState
from tests.alert_builders import AGREES, DIFFERS
from tests.builders import build_alert
from tests.dashboards.console_rooms import Room, console_room

AGREED = msgspec.to_builtins(AGREES)
DIFFERED = msgspec.to_builtins(DIFFERS)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with console_room(tmp_path) as found:
        yield found


@pytest.mark.policy("KY-IV.A")
@pytest.mark.parametrize(
    ("headers", "says"),
    [
        pytest.param({}, "a token is needed", id="without-a-token"),
        pytest.param({"Authorization": "Basic YTpi"}, "a token is needed", id="another-scheme"),
        pytest.param({"Authorization": "Bearer pw_wrong"}, "not valid", id="a-wrong-token"),
    ],
)
@pytest.mark.parametrize("path", ["/api/alerts", "/api/subscriptions", "/metrics", "/nowhere"])
async def test_nobody_comes_in_without_a_valid_token(room: Room, headers: dict[str, str], says: str, path: str) -> None:
    async with room.client.get(path, headers=headers) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert says in (await answer.json())["error"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_probes_need_no_token(room: Room, path: str) -> None:
    async with room.client.get(path) as answer:
        assert answer.status == 200


async def test_alerts_are_listed_and_shown_as_subscribers_see_them(room: Room) -> None:
    alert = build_alert(id="4f1c")
    room.alerts.put(alert)
    status, listed = await room.ask(Role.AUDITOR, "GET", "/api/alerts?state=open&limit=5")
    assert status == 200
    assert [one["alert"] for one in listed["alerts"]] == [alert.id]
    status, shown = await room.ask(Role.AUDITOR, "GET", f"/api/alerts/{alert.id}")
    assert status == 200
    assert shown["state"] == "received"
    assert shown["notice"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/alerts?states=open", "no parameter 'states'"),
        ("/api/alerts?state=opened", "'opened' is unknown"),
        ("/api/alerts?limit=0", "limit must be a number from 1"),
        ("/api/alerts?limit=99999999999999999999", "limit must be a number from 1"),
        ("/api/alerts?since=2026-11-25", "no time with a zone"),
    ],
)
async def test_a_list_that_is_not_understood_is_refused_in_one_sentence(room: Room, path: str, says: str) -> None:
    status, answer = await room.ask(Role.DISPATCHER, "GET", path)
    assert status == 400
    assert says in answer["error"]


@pytest.mark.policy("KY-IV.B")
async def test_an_alert_goes_its_whole_way_by_its_people(room: Room) -> None:
    alert = build_alert(id="4f1c")
    room.alerts.put(alert)
    bodies = {
        "take": {},
        "verify": {"comparison": AGREED},
        "confirm": {"reason": "NCIC, 12:04"},
        "dispatch": {},
        "clear": {"outcome": "recovery", "reason": "vehicle found"},
    }
    for step, body in bodies.items():
        status, shown = await room.ask(Role.DISPATCHER, "POST", f"/api/alerts/{alert.id}/{step}", body)
        assert status == 200, shown
        assert shown["steps"][-1]["by"] == "dispatcher person"
    assert (shown["state"], shown["cleared"]) == ("cleared", "recovery")
    assert [event.actor for event in room.audited] == ["dispatcher person"] * len(bodies)


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_step_is_refused_to_each_role_that_the_table_does_not_name(room: Room, step: str, role: Role) -> None:
    status, answer = await room.ask(role, "POST", f"/api/alerts/none/{step}", {"reason": "why", "outcome": "arrest"})
    if role in TABLE[STEPS[step].event].roles:
        assert status in (400, 404)
    else:
        assert status == 403
        assert f"the role {role}" in answer["error"]
    assert not room.audited


def test_each_step_of_a_person_can_be_taken_over_http() -> None:
    of_people = {event for event, rule in TABLE.items() if rule.roles != {Role.SYSTEM}}
    assert {step.event for step in STEPS.values()} == of_people
    assert AlertEvent.ESCALATED not in of_people


@pytest.mark.parametrize(
    ("step", "body", "status", "says"),
    [
        pytest.param("verify", {}, 400, "comparison with plate_read", id="no-comparison"),
        pytest.param("clear", {"reason": "done"}, 400, "outcome, one of", id="no-outcome"),
        pytest.param("take", {"reason": "mine"}, 400, "take takes no reason", id="what-the-step-does-not-take"),
        pytest.param("take", {"raeson": "mine"}, 400, "raeson", id="a-field-that-is-none"),
        pytest.param("take", [], 400, "not as it should be", id="no-object"),
        pytest.param("dispatch", {}, 409, "verified and confirmed", id="too-early"),
        pytest.param("verify", {"comparison": DIFFERED}, 409, "reject the alert", id="what-differs-is-not-verified"),
        pytest.param("fly", {}, 400, "no step 'fly'", id="a-step-that-is-none"),
    ],
)
async def test_a_step_that_cannot_be_taken_is_refused_in_one_sentence(
    room: Room, step: str, body: object, *, status: int, says: str
) -> None:
    alert = build_alert(id="4f1c", state=AlertState.RECEIVED)
    room.alerts.put(alert)
    answered, answer = await room.ask(Role.DISPATCHER, "POST", f"/api/alerts/{alert.id}/{step}", body)
    assert answered == status
    assert says in answer["error"]
    assert "\n" not in answer["error"]


async def test_what_is_not_there_is_told_as_json_too(room: Room) -> None:
    for path in ("/api/alerts/none", "/api/subscriptions/none", "/nowhere"):
        status, answer = await room.ask(Role.ADMINISTRATOR, "GET", path)
        assert status == 404
        assert answer["error"]
