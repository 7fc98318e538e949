"""Subscriptions over HTTP, for administrators; auditors may look. No secret is ever told but a new signing secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from dashboards.console_access import ACTOR, check_role
from dashboards.console_errors import json_answer
from dashboards.query_values import RequestRefusedError
from dashboards.request_body import RequestBody, read_body
from dashboards.subscription_json import subscription_view, terms_from_object
from dashboards.subscription_service import GivenSecrets, Issued, SubscriptionService
from dashboards.subscription_steps import Mandate
from streams.people import Role

SUBSCRIPTIONS = web.AppKey("subscriptions", SubscriptionService)

_OF_CHANGE = ("reason", "auth_secret")
"""Fields of a request that are no terms."""

_OF_CREATION = ("id", *_OF_CHANGE, "signing_secret")


class ReasonRequest(RequestBody, frozen=True):
    """Why a step is taken."""

    reason: str = ""


def subscription_routes() -> list[web.RouteDef]:
    """Routes of subscriptions; the app has the service under SUBSCRIPTIONS."""
    return [
        web.get("/api/subscriptions", _list),
        web.post("/api/subscriptions", _create),
        web.get("/api/subscriptions/{subscription}", _show),
        web.patch("/api/subscriptions/{subscription}", _change),
        web.delete("/api/subscriptions/{subscription}", _remove),
        web.get("/api/subscriptions/{subscription}/versions", _versions),
        web.post("/api/subscriptions/{subscription}/{step}", _step),
    ]


async def _list(request: web.Request) -> web.Response:
    listing = await _service_for_readers(request).all()
    shown = [subscription_view(stored.subscription) for stored in listing.readable]
    return json_answer({"subscriptions": shown, "unreadable": dict(listing.unreadable)})


async def _show(request: web.Request) -> web.Response:
    return json_answer(subscription_view(await _service_for_readers(request).get(_id(request))))


async def _versions(request: web.Request) -> web.Response:
    found = await _service_for_readers(request).versions(_id(request))
    shown = [{**subscription_view(one.subscription), "removed": one.removed} for one in found]
    return json_answer({"versions": shown})


async def _create(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    terms, of_request = await _parts(request, _OF_CREATION)
    secrets = GivenSecrets(signing=of_request["signing_secret"], auth=of_request["auth_secret"])
    mandate = Mandate(request[ACTOR], of_request["reason"])
    issued = await request.app[SUBSCRIPTIONS].create(of_request["id"], terms_from_object(terms), secrets, mandate)
    return json_answer(_issued(issued), HTTPStatus.CREATED)


async def _change(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    changes, of_request = await _parts(request, _OF_CHANGE)
    changed = await request.app[SUBSCRIPTIONS].change(
        _id(request),
        lambda terms: terms_from_object(changes, terms),
        Mandate(request[ACTOR], of_request["reason"]),
        auth_secret=of_request["auth_secret"],
    )
    return json_answer(subscription_view(changed))


async def _remove(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    reason = request.query.get("reason") or (await read_body(request, ReasonRequest)).reason
    await request.app[SUBSCRIPTIONS].remove(_id(request), Mandate(request[ACTOR], reason))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _step(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    name = request.match_info["step"]
    step = _STEPS.get(name)
    if step is None:
        msg = f"there is no step {name[:40]!r}; there are {', '.join(_STEPS)}"
        raise RequestRefusedError(msg)
    mandate = Mandate(request[ACTOR], (await read_body(request, ReasonRequest)).reason)
    return json_answer(await step(request.app[SUBSCRIPTIONS], _id(request), mandate))


async def _enable(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return subscription_view(await service.enable(subscription, mandate))


async def _disable(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return subscription_view(await service.disable(subscription, mandate))


async def _rotate(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return _issued(await service.rotate_secret(subscription, mandate))


async def _finish(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return subscription_view(await service.finish_rotation(subscription, mandate))


_STEPS: dict[str, Callable[[SubscriptionService, str, Mandate], Awaitable[dict[str, Any]]]] = {
    "enable": _enable,
    "disable": _disable,
    "rotate-secret": _rotate,
    "finish-rotation": _finish,
}


def _issued(issued: Issued) -> dict[str, Any]:
    return {"subscription": subscription_view(issued.subscription), "signing_secret": issued.signing_secret}


def _service_for_readers(request: web.Request) -> SubscriptionService:
    """For administrators and auditors: the address of a chat's webhook is itself a secret."""
    check_role(request[ACTOR], Role.ADMINISTRATOR, Role.AUDITOR)
    return request.app[SUBSCRIPTIONS]


def _id(request: web.Request) -> str:
    return request.match_info["subscription"]


async def _parts(request: web.Request, of_request: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The request's object in two: the terms, and what is of the request itself, empty where it is not given."""
    try:
        given = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"the request's body is not as it should be: {error}"
        raise RequestRefusedError(msg) from None
    terms = {name: value for name, value in given.items() if name not in of_request}
    return terms, {name: _text(given, name) for name in of_request}


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        msg = f"{name} is no text"
        raise RequestRefusedError(msg)
    return value
