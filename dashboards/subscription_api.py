"""Subscriptions over HTTP, for administrators; auditors may look. No secret is ever told but a new signing secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from dashboards.console_access import ACTOR, check_role
from dashboards.console_errors import json_answer
from dashboards.query_values import RequestRefusedError
from dashboards.request_body import RequestBody, read_body
from dashboards.subscription_service import GivenSecrets, Issued, SubscriptionService
from dashboards.subscription_steps import Mandate
from streams.delivery.subscription import Subscription
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import Role

SUBSCRIPTIONS = web.AppKey("subscriptions", SubscriptionService)

_OF_REQUEST = frozenset({"reason", "auth_secret"})
"""Fields of a change that are no terms."""


class CreationRequest(SubscriptionTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new subscription: its terms, and who may sign and log in."""

    id: str
    reason: str
    signing_secret: str = ""
    """whsec_…, where the receiver has one already."""
    auth_secret: str = ""


class ReasonRequest(RequestBody, frozen=True):
    """Why a step is taken."""

    reason: str = ""


class WholeTerms(SubscriptionTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms in which a name that is none is a mistake."""


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
    shown = [shown_subscription(stored.subscription) for stored in listing.readable]
    return json_answer({"subscriptions": shown, "unreadable": dict(listing.unreadable)})


async def _show(request: web.Request) -> web.Response:
    return json_answer(shown_subscription(await _service_for_readers(request).get(_id(request))))


async def _versions(request: web.Request) -> web.Response:
    found = await _service_for_readers(request).versions(_id(request))
    shown = [{**shown_subscription(one.subscription), "removed": one.removed} for one in found]
    return json_answer({"versions": shown})


async def _create(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    body = await read_body(request, CreationRequest)
    terms = SubscriptionTerms(**{name: getattr(body, name) for name in SubscriptionTerms.__struct_fields__})
    issued = await request.app[SUBSCRIPTIONS].create(
        body.id, terms, GivenSecrets(body.signing_secret, body.auth_secret), Mandate(request[ACTOR], body.reason)
    )
    return json_answer(_issued(issued), HTTPStatus.CREATED)


async def _change(request: web.Request) -> web.Response:
    check_role(request[ACTOR], Role.ADMINISTRATOR)
    given = await _object(request)
    reason, auth_secret = (_text(given, name) for name in ("reason", "auth_secret"))
    changes = {name: value for name, value in given.items() if name not in _OF_REQUEST}
    changed = await request.app[SUBSCRIPTIONS].change(
        _id(request),
        lambda terms: merged_terms(terms, changes),
        Mandate(request[ACTOR], reason),
        auth_secret=auth_secret,
    )
    return json_answer(shown_subscription(changed))


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
    return shown_subscription(await service.enable(subscription, mandate))


async def _disable(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return shown_subscription(await service.disable(subscription, mandate))


async def _rotate(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return _issued(await service.rotate_secret(subscription, mandate))


async def _finish(service: SubscriptionService, subscription: str, mandate: Mandate) -> dict[str, Any]:
    return shown_subscription(await service.finish_rotation(subscription, mandate))


_STEPS: dict[str, Callable[[SubscriptionService, str, Mandate], Awaitable[dict[str, Any]]]] = {
    "enable": _enable,
    "disable": _disable,
    "rotate-secret": _rotate,
    "finish-rotation": _finish,
}


def shown_subscription(subscription: Subscription) -> dict[str, Any]:
    """The subscription without its secrets; which of them it has is told by name."""
    shown: dict[str, Any] = msgspec.to_builtins(subscription)
    del shown["sealed"]
    return shown | {"secrets": sorted(subscription.sealed)}


def merged_terms(terms: SubscriptionTerms, changes: dict[str, Any]) -> SubscriptionTerms:
    """The terms with others in place of those of the same name (RFC 7396, of the first level alone).

    Raises:
        RequestRefusedError: a name or a value is none of a subscription.
    """
    try:
        whole = msgspec.convert(msgspec.to_builtins(terms) | changes, WholeTerms)
    except msgspec.ValidationError as error:
        msg = f"the change is not as it should be: {error}"
        raise RequestRefusedError(msg) from error
    return SubscriptionTerms(**{name: getattr(whole, name) for name in SubscriptionTerms.__struct_fields__})


def _issued(issued: Issued) -> dict[str, Any]:
    return {"subscription": shown_subscription(issued.subscription), "signing_secret": issued.signing_secret}


def _service_for_readers(request: web.Request) -> SubscriptionService:
    """For administrators and auditors: the address of a chat's webhook is itself a secret."""
    check_role(request[ACTOR], Role.ADMINISTRATOR, Role.AUDITOR)
    return request.app[SUBSCRIPTIONS]


def _id(request: web.Request) -> str:
    return request.match_info["subscription"]


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        msg = f"the request's body is not as it should be: {error}"
        raise RequestRefusedError(msg) from error


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        msg = f"{name} is no text"
        raise RequestRefusedError(msg)
    return value
