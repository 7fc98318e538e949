"""Why there is no connection with an endpoint, in a sentence for the delivery log that holds no secret."""

from __future__ import annotations

import errno
import socket
import ssl

from infra.settings.alerts import DeliverySettings

# A receiver that wants our certificate says so only after the handshake (TLS 1.3), in an alert of these names.
_WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "HANDSHAKE_FAILURE")


def connection_fault(  # noqa: PLR0911 - one line a fault
    error: OSError, place: str, settings: DeliverySettings
) -> str:
    """The fault in our words.

    Args:
        error: of a lookup, a socket or a handshake.
        place: host and port; the rest of a URL may be a secret.
        settings: the time-outs that were kept.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {place} is not valid: {error.verify_message}"
        case ssl.SSLError():
            return f"no TLS connection with {place}: {tls_fault(error)}"
        case socket.gaierror():
            why = "the name server does not answer" if error.errno == socket.EAI_AGAIN else "no such name"
            return f"the host of {place} cannot be found: {why}"
        case TimeoutError():
            return f"no connection with {place} within {settings.connect_timeout_s:g} s"
        case OSError(errno=errno.ECONNREFUSED):
            return f"{place} refused the connection"
        case ConnectionError():
            return f"{place} closed the connection before it was set up"
        case _:
            why = f" ({error.strerror})" if error.strerror else ""
            return f"{place} cannot be reached{why}"


def tls_fault(error: ssl.SSLError) -> str:
    """What a handshake failed of."""
    reason = error.reason or "the handshake failed"
    if any(name in reason for name in _WANTS_CERTIFICATE):
        return "it does not take us without another certificate of ours"
    return reason.replace("_", " ").lower()
