"""No connection to an address that is not allowed: every address is judged when it is connected to, not before.

A name that led to a public address when the subscription was made may lead to a private one now (DNS rebinding). So
the addresses that a lookup gives are judged, and those very addresses are connected to; nothing is looked up twice.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from infra.settings.alerts import DeliverySettings
from streams.delivery.address_rules import Address, AddressRules
from streams.delivery.faults import EndpointRefusedError

# Lookups under way at once. A name server that does not answer holds a thread for 10 to 30 s, and each endpoint has at
# most two such lookups; threads of their own, so that they hold up nothing but other lookups.
_LOOKUP_THREADS = 32
# Seconds an idle connection is kept. Longer: more of them are found dead when they are needed, since routers forget
# them after a minute and receivers close them. Shorter: more alerts pay for a TLS handshake.
_KEEP_ALIVE_S = 30.0


class NameLookup(AbstractResolver):
    """Addresses of names by the operating system, on threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="name-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name.

        Raises:
            OSError: it has none, or cannot be looked up now.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """End the threads; a lookup that hangs is left to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    return list(socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG))


class AddressGuard(AbstractResolver):
    """Lets through only addresses that the settings allow; of a name's addresses, it leaves the others out.

    Args:
        settings: which private networks are allowed.
        lookup: where addresses of names come from; closed by whoever made it.
    """

    def __init__(self, settings: DeliverySettings, lookup: AbstractResolver) -> None:
        self._rules = AddressRules(settings.private_networks)
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of a name, or of an address itself.

        Raises:
            EndpointRefusedError: none of its addresses is allowed.
            OSError: it has none, or cannot be looked up now.
        """
        found = await self._lookup.resolve(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        allowed = [result for result in found if self._rules.allow(_address(result["host"]))]
        if not allowed:
            raise _refused(host, found[0]["host"])
        return allowed

    async def addresses(self, host: str, port: int) -> list[str]:
        """The allowed addresses to connect to for a host that is a name or an address; errors as of `resolve`."""
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            return [result["host"] for result in await self.resolve(host, port)]
        if not self._rules.allow(literal):
            raise _refused(host, host)
        return [host]

    def connector(self, *, limit: int, tls: ssl.SSLContext) -> aiohttp.TCPConnector:
        """A pool of kept-alive connections to allowed addresses."""
        return aiohttp.TCPConnector(
            limit=limit,
            ssl=tls,
            resolver=self,
            keepalive_timeout=_KEEP_ALIVE_S,
            # aiohttp asks no resolver about an address in a URL, so each socket is judged as well, just before it
            # connects to what it is made for.
            socket_factory=self._socket,
        )

    async def close(self) -> None:
        """Nothing: the lookup belongs to whoever made it."""

    def _socket(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host = str(address[0])
        if not self._rules.allow(_address(host)):
            raise _refused(host, host)
        return socket.socket(family, kind, protocol)


def _address(text: str) -> Address:
    return ipaddress.ip_address(text)


def _refused(host: str, address: str) -> EndpointRefusedError:
    who = f"{host} leads to {address}, which" if host != address else f"{address}"
    return EndpointRefusedError(f"{who} is not a public address; delivery.private_networks can allow its network")
