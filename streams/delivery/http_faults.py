"""What went wrong in an exchange over HTTP, in a sentence for the delivery log that holds no secret."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp

from infra.settings.alerts import DeliverySettings
from streams.delivery.faults import ExchangeError

# A receiver that wants our certificate says so only after the handshake (TLS 1.3), in an alert of these names.
_WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "HANDSHAKE_FAILURE")


def explain(error: Exception, place: str, settings: DeliverySettings) -> ExchangeError:
    """The fault in our words.

    Args:
        error: of aiohttp, or a time-out.
        place: host and port; the rest of a URL may be a secret.
        settings: the time-outs that were kept.
    """
    return ExchangeError(_sentence(error, place, settings))


def _sentence(error: Exception, place: str, settings: DeliverySettings) -> str:  # noqa: PLR0911 - one line each fault
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {place} is not valid: {_certificate_fault(error.certificate_error)}"
        case aiohttp.ClientConnectorSSLError():
            return f"no TLS connection with {place}: {_tls_fault(error.os_error)}"
        case aiohttp.ClientConnectorDNSError():
            return f"the host of {place} cannot be found: {_lookup_fault(error.os_error)}"
        case aiohttp.ClientConnectorError():
            return _connection_fault(error.os_error, place)
        case aiohttp.ConnectionTimeoutError():
            return f"no connection with {place} within {settings.connect_timeout_s:g} s"
        case TimeoutError():
            return f"{place} gave no answer within {settings.timeout_s:g} s"
        case aiohttp.ClientPayloadError():
            return f"{place} closed the connection in the middle of its answer"
        case aiohttp.ServerDisconnectedError():
            return f"{place} closed the connection before it answered"
        case aiohttp.ClientResponseError():
            return f"{place} answered in something that is not HTTP/1.1"
        case OSError():
            return _break(error, place)
        case _:
            return f"the exchange with {place} failed ({type(error).__name__})"


def _certificate_fault(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    return "it cannot be verified"


def _tls_fault(error: OSError) -> str:
    reason = (error.reason if isinstance(error, ssl.SSLError) else None) or "the handshake failed"
    if any(name in reason for name in _WANTS_CERTIFICATE):
        return "it does not take us without another certificate of ours"
    return reason.replace("_", " ").lower()


def _lookup_fault(error: OSError) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "the name server does not answer"
    return "no such name"


def _connection_fault(error: OSError, place: str) -> str:
    if error.errno == errno.ECONNREFUSED:
        return f"{place} refused the connection"
    if isinstance(error, ConnectionError):
        return f"{place} closed the connection before it was set up"
    why = f" ({error.strerror})" if error.strerror else ""
    return f"{place} cannot be reached{why}"


def _break(error: OSError, place: str) -> str:
    inner = error.__cause__ or error
    if isinstance(inner, ssl.SSLError):
        return f"no TLS connection with {place}: {_tls_fault(inner)}"
    return f"{place} broke the connection off before it answered"
