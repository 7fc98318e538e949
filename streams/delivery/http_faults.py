"""What went wrong in an exchange over HTTP, in a sentence for the delivery log that holds no secret."""

from __future__ import annotations

import ssl

import aiohttp

from infra.settings.alerts import DeliverySettings
from streams.delivery.connection_faults import connection_fault, tls_fault
from streams.delivery.faults import ExchangeError


def explain(error: Exception, place: str, settings: DeliverySettings) -> ExchangeError:
    """The fault in our words.

    Args:
        error: of aiohttp.
        place: host and port; the rest of a URL may be a secret.
        settings: the time-outs that were kept.
    """
    return ExchangeError(_sentence(error, place, settings))


def _sentence(  # noqa: PLR0911 - one line a fault
    error: Exception, place: str, settings: DeliverySettings
) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=OSError() as inner):
            return connection_fault(inner, place, settings)
        case aiohttp.ClientConnectorError(os_error=inner):
            return connection_fault(inner, place, settings)
        case aiohttp.ConnectionTimeoutError():
            return connection_fault(TimeoutError(), place, settings)
        case aiohttp.ClientPayloadError():
            return f"{place} closed the connection in the middle of its answer"
        case aiohttp.ServerDisconnectedError():
            return f"{place} closed the connection before it answered"
        case aiohttp.ClientResponseError():
            return f"{place} answered in something that is not HTTP/1.1"
        case OSError(__cause__=ssl.SSLError() as inner):
            return f"no TLS connection with {place}: {tls_fault(inner)}"
        case OSError():
            return f"{place} broke the connection off before it answered"
        case _:
            return f"the exchange with {place} failed ({type(error).__name__})"
