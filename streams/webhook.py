"""One alert to one receiver: a CloudEvent, signed after Standard Webhooks, posted once per call."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
import msgspec
from standardwebhooks import Webhook

from infra.settings.pipeline import WebhookSettings
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Alert

NOTICE = (
    "Unverified: this alert is no ground for a stop by itself. "
    "Compare the captured plate with the wanted one, then confirm the record."
)
"""Travels with every alert that nobody has verified."""

_WORTH_ANOTHER_TRY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_SERVICE = "webhook receiver"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What is posted: the body as it was signed, and its headers."""

    body: bytes
    headers: dict[str, str]


def sign(alert: Alert, secret: str, now: datetime) -> SignedRequest:
    """The alert as a signed request. `webhook-id` is the alert's id, so a receiver knows a repeat for what it is."""
    body = json.dumps(_event(alert), separators=(",", ":"), ensure_ascii=False)
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": alert.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(alert.id, now, body),
    }
    return SignedRequest(body.encode(), headers)


def _event(alert: Alert) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": alert.id,
        "source": "platewatch",
        "type": f"platewatch.alert.{alert.state}",
        "subject": alert.hit.match.entry.id,
        "time": alert.raised_at.isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "data": {"notice": NOTICE, "alert": msgspec.to_builtins(alert)},
    }


class WebhookTarget:
    """The receiver of alerts, over a pool of kept-alive connections. Used by one event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: WebhookSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._settings = settings
        self._clock = clock
        self._trying: tuple[str, float] | None = None
        """The alert that is being delivered, and when that began: one that waited for us is not given up for it."""

    async def deliver(self, alert: Alert) -> None:
        """Post the alert once.

        Raises:
            ServiceAwayError: no answer in time, or one that asks to come again; post it again later.
            UnhandledError: the receiver refuses it for good, or it has been tried for as long as the settings allow.
        """
        now = datetime.now(UTC)
        if self._trying is None or self._trying[0] != alert.id:
            self._trying = alert.id, self._clock()
        if self._clock() - self._trying[1] > self._settings.give_up_after_s:
            self._trying = None
            msg = f"alert {alert.id} could not be delivered within {self._settings.give_up_after_s:.0f} s"
            raise UnhandledError(msg)
        secret = self._settings.secret.get_secret_value() if self._settings.secret else ""
        request = sign(alert, secret, now)
        try:
            async with self._session.post(
                self._settings.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except aiohttp.InvalidURL:
            # Its text is the address, which may hold credentials.
            msg = f"alert {alert.id} cannot be sent: webhook.url is no valid address; mend it in the settings"
            raise UnhandledError(msg) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServiceAwayError(_SERVICE, f"{type(error).__name__} {error}") from error
        _check(status, alert)


def _check(status: int, alert: Alert) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _WORTH_ANOTHER_TRY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServiceAwayError(_SERVICE, f"it answered {status}")
    msg = f"the receiver refused alert {alert.id} with status {status}"
    raise UnhandledError(msg)


@asynccontextmanager
async def open_target(settings: WebhookSettings) -> AsyncIterator[WebhookTarget]:
    """The target, over a session that is closed at the end."""
    timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield WebhookTarget(session, settings)
