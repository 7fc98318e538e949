"""Errors as the console tells them: a status and `{"error": "one sentence"}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web

from dashboards.alert_feed.feed import FeedUnavailableError
from dashboards.alert_service import UnpublishedAlertError
from dashboards.audit_log import AuditLogError
from dashboards.query_values import RequestRefusedError
from streams.alerts.store import AlertChangedError, NoSuchAlertError
from streams.alerts.transitions import AlertRefusedError
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.faults import SealingError
from streams.delivery.subscription_store import NoSuchSubscriptionError, SubscriptionChangedError
from streams.faults import ServiceAwayError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


class NotAllowedError(Exception):
    """The person's role does not allow it; the message says whose does."""


STATUSES: dict[type[Exception], HTTPStatus] = {
    RequestRefusedError: HTTPStatus.BAD_REQUEST,
    SubscriptionRefusedError: HTTPStatus.BAD_REQUEST,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    NoSuchAlertError: HTTPStatus.NOT_FOUND,
    NoSuchSubscriptionError: HTTPStatus.NOT_FOUND,
    AlertRefusedError: HTTPStatus.CONFLICT,
    AlertChangedError: HTTPStatus.CONFLICT,
    SubscriptionChangedError: HTTPStatus.CONFLICT,
    # It is done; what is left happens by itself, so it is no failure that somebody would repeat.
    UnpublishedAlertError: HTTPStatus.ACCEPTED,
    AuditLogError: HTTPStatus.SERVICE_UNAVAILABLE,
    FeedUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    SealingError: HTTPStatus.SERVICE_UNAVAILABLE,
    ServiceAwayError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What each of our errors is in HTTP."""


def json_answer(content: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Anything that msgspec encodes, as JSON that no cache keeps."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(content),
        content_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def refusal(status: HTTPStatus, sentence: str) -> web.Response:
    """An error as JSON; what is done all the same is a notice."""
    key = "notice" if status < HTTPStatus.BAD_REQUEST else "error"
    return json_answer({key: sentence}, status)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn our errors, and those of the router, into one sentence with a status."""
    try:
        return await handler(request)
    except tuple(STATUSES) as error:
        status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
        return refusal(status, str(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return refusal(HTTPStatus(error.status), f"{request.method} {request.path}: {error.reason}")
    except Exception:
        # The root of a request: whatever it is, the client is told, and the log has it all.
        log.exception("a request failed", method=request.method, path=request.path)
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "this failed by a fault of the console; its log says more")
