"""One POST and its answer, within limits: no redirects, no cookies, no proxy, and of the answer only its beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from infra.settings.alerts import DeliverySettings
from streams.delivery.endpoint_url import EndpointAddress
from streams.delivery.http_faults import explain


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    retry_after: str | None
    """The header as it came."""
    body: bytes
    """At most `answer_limit_bytes` of it."""


class HttpClient:
    """POSTs to one URL over a pool of its own. Used by one event loop.

    Args:
        url: where to, checked.
        address: where that leads.
        connector: the pool; closed with the client.
        settings: time-outs, and how much of an answer is read.
    """

    def __init__(
        self, url: str, address: EndpointAddress, connector: aiohttp.TCPConnector, settings: DeliverySettings
    ) -> None:
        self._url = url
        self.address = address
        self._settings = settings
        self._session = aiohttp.ClientSession(
            connector=connector,
            # The whole has its own time-out around it, which holds across tries.
            timeout=aiohttp.ClientTimeout(total=None, connect=settings.connect_timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Nobody looks into the body, and what unpacks to gigabytes stays packed.
            auto_decompress=False,
            skip_auto_headers=("Accept-Encoding",),
        )

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to one POST. The caller sets the time-out.

        Raises:
            EndpointRefusedError: the address is not allowed.
            ExchangeError: no connection, or no whole answer.
        """
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                return Reply(response.status, response.headers.get("Retry-After"), await self._beginning(response))
        # RuntimeError is how uvloop names a connection that closes under its feet.
        except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as error:
            raise explain(error, self.address.place, self._settings) from None

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()

    async def _beginning(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._settings.answer_limit_bytes
        received = bytearray()
        async for chunk in response.content.iter_any():
            received += chunk
            if len(received) > limit:
                # The rest would have to be read before the connection serves again; a new one is cheaper.
                response.close()
                break
        return bytes(received[:limit])
