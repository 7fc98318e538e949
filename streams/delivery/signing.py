"""Signatures after Standard Webhooks: HMAC-SHA256 over id, time and body, one for each secret that is live."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from streams.delivery.faults import EndpointSetupError
from streams.delivery.message import OutgoingMessage

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
_SECRET_BYTES = 32
_FEWEST_BYTES, _MOST_BYTES = 24, 64
"""What the specification takes."""


def new_secret() -> str:
    """A new signing secret: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Nothing, where the text is a signing secret.

    Raises:
        EndpointSetupError: it is none; the message does not repeat it.
    """
    try:
        length = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if not secret.startswith(SECRET_PREFIX) or not _FEWEST_BYTES <= length <= _MOST_BYTES:
        msg = (
            f"the signing secret is not {SECRET_PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} bytes in base64; "
            "leave it out, and one is made"
        )
        raise EndpointSetupError(msg)


class Signer:
    """Signs with all live secrets: the receiver may know any one of them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Make it of the live secrets, the newest first; with none, messages carry their id and time alone.

        Raises:
            EndpointSetupError: one of them is no signing secret.
        """
        for secret in secrets:
            check_secret(secret)
        self._webhooks = tuple(Webhook(secret) for secret in secrets)

    def headers(self, message: OutgoingMessage, now: datetime) -> dict[str, str]:
        """`webhook-id`, `webhook-timestamp` and, where there is a secret, `webhook-signature`.

        Args:
            message: what is sent; its body is UTF-8.
            now: of this try, aware UTC: receivers refuse what is more than minutes old.
        """
        headers = {"webhook-id": message.id, "webhook-timestamp": str(int(now.timestamp()))}
        if self._webhooks:
            body = message.payload.body.decode()
            headers["webhook-signature"] = " ".join(webhook.sign(message.id, now, body) for webhook in self._webhooks)
        return headers
