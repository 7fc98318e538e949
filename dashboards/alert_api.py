"""Alerts over HTTP: listed, shown, and each step that people take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from dashboards.alert_service import AlertService
from dashboards.alert_telling import AlertTeller
from dashboards.console_access import ACTOR, check_role
from dashboards.console_errors import json_answer
from dashboards.query_values import RequestRefusedError, check_names, members, moment, number, words
from dashboards.request_body import RequestBody, read_body
from streams.alerts.query import MOST, OPEN, AlertQuery
from streams.alerts.transitions import TABLE
from streams.people import Actor
from streams.records import Alert, AlertEvent, AlertState, Category, ClearedOutcome, Comparison

ALERTS = web.AppKey("alerts", AlertService)
TELLER = web.AppKey("teller", AlertTeller)


class StepRequest(RequestBody, frozen=True):
    """What comes with a step; which of it is needed depends on the step."""

    reason: str = ""
    comparison: Comparison | None = None
    """Of `verify` and `reject`: what was seen."""
    outcome: ClearedOutcome | None = None
    """Of `clear`."""


Take = Callable[[AlertService, str, Actor, StepRequest], Awaitable[Alert]]


@dataclass(frozen=True, slots=True)
class Step:
    """A step as HTTP knows it. What the request brings and the step does not take is refused."""

    event: AlertEvent
    take: Take
    takes: frozenset[str] = frozenset()


def _compared(body: StepRequest) -> Comparison:
    if body.comparison is None:
        msg = "say what you saw: comparison with plate_read, state_agrees and vehicle_agrees"
        raise RequestRefusedError(msg)
    return body.comparison


def _ended(body: StepRequest) -> ClearedOutcome:
    if body.outcome is None:
        msg = f"say how the alert ended: outcome, one of {', '.join(ClearedOutcome)}"
        raise RequestRefusedError(msg)
    return body.outcome


_REASON = frozenset({"reason"})

STEPS = {
    "take": Step(AlertEvent.TAKEN, lambda alerts, alert, actor, _: alerts.take(alert, actor)),
    "verify": Step(
        AlertEvent.VERIFIED,
        lambda alerts, alert, actor, body: alerts.verify(alert, actor, _compared(body)),
        frozenset({"comparison"}),
    ),
    "reject": Step(
        AlertEvent.REJECTED,
        lambda alerts, alert, actor, body: alerts.reject(alert, actor, _compared(body), body.reason),
        frozenset({"comparison", "reason"}),
    ),
    "confirm": Step(
        AlertEvent.CONFIRMED, lambda alerts, alert, actor, body: alerts.confirm(alert, actor, body.reason), _REASON
    ),
    "not-confirm": Step(
        AlertEvent.NOT_CONFIRMED,
        lambda alerts, alert, actor, body: alerts.not_confirm(alert, actor, body.reason),
        _REASON,
    ),
    "override": Step(
        AlertEvent.OVERRIDDEN, lambda alerts, alert, actor, body: alerts.override(alert, actor, body.reason), _REASON
    ),
    "dispatch": Step(
        AlertEvent.DISPATCHED, lambda alerts, alert, actor, body: alerts.dispatch(alert, actor, body.reason), _REASON
    ),
    "clear": Step(
        AlertEvent.CLEARED,
        lambda alerts, alert, actor, body: alerts.clear(alert, actor, _ended(body), body.reason),
        frozenset({"outcome", "reason"}),
    ),
}
"""By the last part of the address."""


def alert_routes() -> list[web.RouteDef]:
    """Routes of alerts; the app has the service and the teller under ALERTS and TELLER."""
    return [
        web.get("/api/alerts", _list),
        web.get("/api/alerts/{alert}", _show),
        web.post("/api/alerts/{alert}/{step}", _step),
    ]


async def _list(request: web.Request) -> web.Response:
    found = await request.app[ALERTS].list(alert_query(request.query))
    return json_answer({"alerts": [request.app[TELLER].shown(alert) for alert in found]})


async def _show(request: web.Request) -> web.Response:
    alert = await request.app[ALERTS].get(request.match_info["alert"])
    return json_answer(request.app[TELLER].shown(alert))


async def _step(request: web.Request) -> web.Response:
    name = request.match_info["step"]
    step = STEPS.get(name)
    if step is None:
        msg = f"there is no step {name!r}; there are {', '.join(STEPS)}"
        raise RequestRefusedError(msg)
    actor = request[ACTOR]
    check_role(actor, *sorted(TABLE[step.event].roles))
    body = await read_body(request, StepRequest)
    given = {field for field in StepRequest.__struct_fields__ if getattr(body, field)}
    if strange := sorted(given - step.takes):
        msg = f"{name} takes no {strange[0]}; leave it out"
        raise RequestRefusedError(msg)
    alert = await step.take(request.app[ALERTS], request.match_info["alert"], actor, body)
    return json_answer(request.app[TELLER].shown(alert))


_USUAL_LIMIT = 100
_PARAMETERS = frozenset({"state", "category", "camera", "since", "limit"})


def alert_query(query: Mapping[str, str]) -> AlertQuery:
    """Which alerts are asked for; `state` is `open`, or one or more states, separated by commas.

    Raises:
        RequestRefusedError: a parameter is not understood.
    """
    check_names(query, _PARAMETERS)
    states = query.get("state", "")
    return AlertQuery(
        states=OPEN if states == "open" else members(AlertState, "state", states),
        categories=members(Category, "category", query.get("category", "")),
        cameras=words(query.get("camera", "")),
        since=moment("since", query["since"]) if "since" in query else None,
        limit=number("limit", query.get("limit", str(_USUAL_LIMIT)), MOST),
    )
