"""OAuth2 client credentials (RFC 6749, 4.4): a token for the endpoint, kept until shortly before it expires."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote_plus, urlencode

import msgspec

from streams.delivery.authentication import basic_credentials
from streams.delivery.faults import ExchangeError
from streams.delivery.http_exchange import HttpClient

# Seconds before its end at which a token is fetched anew, and the part of its life at most. Less: clocks that differ
# and requests that take their time meet an expired one; more: short-lived ones are fetched for nothing.
_BEFORE_END_S, _BEFORE_END_PART = 60.0, 0.1
_UNSAID_LIFE_S = 3600.0
"""Of a token that does not say how long it lives; one that ends before is refused, and fetched anew."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_KNOWN_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749, 5.2: what is repeated of a refusal; anything else might be a secret."""


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    token_type: str
    expires_in: float | None = None


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    good_until: float


class ClientCredentials:
    """Fetches tokens and keeps the last. Used by one event loop.

    Args:
        client: POSTs to the token URL.
        client_id: the subscription's user name.
        client_secret: in clear.
        scope: what is asked for; empty for what the server gives.
        clock: monotonic seconds.
    """

    def __init__(
        self, client: HttpClient, *, client_id: str, client_secret: str, scope: str, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._headers = {
            # The server unpacks user name and password as a form's fields (2.3.1).
            "authorization": basic_credentials(quote_plus(client_id), quote_plus(client_secret)),
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }
        self._form = urlencode({"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})).encode()
        self._clock = clock
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The token as a header; fetched once, however many ask.

        Raises:
            DeliveryError: the token URL is not allowed, or gives no token now.
        """
        async with self._fetching:
            if self._token is None or self._clock() >= self._token.good_until:
                self._token = await self._fetch()
            return {"authorization": f"Bearer {self._token.value}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget the token that was refused, unless it has been renewed meanwhile."""
        if self._token is not None and headers.get("authorization") == f"Bearer {self._token.value}":
            self._token = None
        return True

    async def close(self) -> None:
        """Close the connections to the token's server."""
        await self._client.close()

    async def _fetch(self) -> _Token:
        asked_at = self._clock()
        reply = await self._client.post(self._form, self._headers)
        if reply.status != HTTPStatus.OK:
            msg = f"{self._who} gave no token: it answered {reply.status}{_known_error(reply.body)}"
            raise ExchangeError(msg)
        try:
            granted = msgspec.json.decode(reply.body, type=_Granted)
        except (msgspec.DecodeError, UnicodeDecodeError):
            msg = f"{self._who} gave no token: its answer is not what RFC 6749 says"
            raise ExchangeError(msg) from None
        if granted.token_type.lower() != "bearer" or not _TOKEN.fullmatch(granted.access_token):
            msg = f"{self._who} gave a token that is no bearer token"
            raise ExchangeError(msg)
        life = _UNSAID_LIFE_S if granted.expires_in is None else max(0.0, granted.expires_in)
        return _Token(granted.access_token, asked_at + life - min(_BEFORE_END_S, life * _BEFORE_END_PART))

    @property
    def _who(self) -> str:
        return f"the token server {self._client.address.place}"


def _known_error(body: bytes) -> str:
    try:
        error = msgspec.json.decode(body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return f" ({error})" if error in _KNOWN_ERRORS else ""
