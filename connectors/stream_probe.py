"""Asks an address why it gives no stream: who answers there, and what it says. Speaks just enough RTSP and HTTP."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import SplitResult, urlsplit

from connectors.source import SourceRefusedError, SourceUnreachableError, SourceUnreadableError, redact_url

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_ENCRYPTED = frozenset({"rtsps", "https"})
_REFUSALS = frozenset({401, 403, 407})
_FIRST_ERROR = 400
_LINE_BYTES_MAX = 512

CONNECT_TIMEOUT_S = 3.0
"""Longest wait for a camera to take a connection. Below 1 s, links over mobile networks fail; above, people wonder."""


async def check_reachable(address: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
    """Return if something takes connections at the address.

    Raises:
        SourceUnreachableError: no such host, closed port, no route, or no answer in time.
        SourceUnreadableError: the address has no host or no valid port.
    """
    _reader, writer = await _connect(_parse(address), address, timeout_s)
    writer.close()


async def explain_refusal(address: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
    """Ask for the stream and raise what the answer means; return where the answer promises one after all.

    Raises:
        SourceRefusedError: credentials are missing or not accepted.
        SourceUnreachableError: nobody answers, or not in this protocol, or the server has a fault.
        SourceUnreadableError: there is no stream at this path.
    """
    parts = _parse(address)
    name = redact_url(address)
    status = await _ask_status(parts, address, timeout_s)
    if status is None:
        msg = f"{name} takes connections but does not speak {parts.scheme.upper()}; check the port"
        raise SourceUnreachableError(msg)
    if status in _REFUSALS and (parts.username or parts.password):
        msg = f"{name} does not accept the user name and password; check them in the camera's settings"
        raise SourceRefusedError(msg)
    if status in _REFUSALS:
        msg = f"{name} wants a user name and password; give them in the address or set up access for this host"
        raise SourceRefusedError(msg)
    if status >= 500:  # noqa: PLR2004 - the server's own faults, in RTSP as in HTTP
        msg = f"{name} answers with its own fault {status}; restart the camera if that goes on"
        raise SourceUnreachableError(msg)
    if status >= _FIRST_ERROR:
        msg = f"{name} has no stream at this path (answer {status}); look the path up in the camera's manual"
        raise SourceUnreadableError(msg)


def _parse(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.scheme in _PORTS and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        msg = f"{redact_url(address)} is no address of a stream; it reads like rtsp://host:554/path"
        raise SourceUnreadableError(msg)
    return parts


async def _connect(
    parts: SplitResult, address: str, timeout_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    context = _unverified_context() if parts.scheme in _ENCRYPTED else None
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.open_connection(host, port, ssl=context)
    except TimeoutError as error:
        reason = f"no answer within {timeout_s:g} s"
        cause: Exception = error
    except OSError as error:
        reason = _plain_reason(error)
        cause = error
    msg = (
        f"{redact_url(address)} cannot be reached ({reason}); check the address, the network and that it is switched on"
    )
    raise SourceUnreachableError(msg) from cause


def _plain_reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the port is closed"
    if isinstance(error, ssl.SSLError):
        return "no encrypted connection"
    if error.errno is None or error.errno < 0:
        return "no such host"
    return (error.strerror or "network error").split("(")[0].strip().lower()


def _unverified_context() -> ssl.SSLContext:
    """Only asks for a status line; the stream itself is opened by FFmpeg under its own rules."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _ask_status(parts: SplitResult, address: str, timeout_s: float) -> int | None:
    reader, writer = await _connect(parts, address, timeout_s)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    if parts.scheme.startswith("rtsp"):
        request = f"DESCRIBE {parts.scheme}://{host}{path} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    else:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(request.encode())
            await writer.drain()
            line = await reader.read(_LINE_BYTES_MAX)
    except (TimeoutError, OSError):
        return None
    finally:
        writer.close()
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith((b"RTSP/", b"HTTP/")) or not words[1].isdigit():  # noqa: PLR2004
        return None
    return int(words[1])
