"""TLS towards endpoints: always verified, by public authorities or the subscriber's own; our certificate if asked."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from streams.delivery.faults import EndpointSetupError


def verifying_context(ca_pem: str = "") -> ssl.SSLContext:
    """Trusts public authorities, or that one alone where one is given. Blocks for some 20 ms to read them.

    Raises:
        EndpointSetupError: what is given is no certificate.
    """
    if not ca_pem:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust_also(context, ca_pem)
    return context


def trust_also(context: ssl.SSLContext, ca_pem: str) -> None:
    """Add an authority to those that are trusted.

    Raises:
        EndpointSetupError: it is no certificate.
    """
    try:
        context.load_verify_locations(cadata=ca_pem)
    # TypeError: it is not ASCII.
    except (ssl.SSLError, ValueError, TypeError):
        msg = "ca_pem holds no certificate that can be read; give PEM text, -----BEGIN CERTIFICATE----- and so on"
        raise EndpointSetupError(msg) from None


def show_certificate(context: ssl.SSLContext, certificate_pem: str, key_pem: str) -> None:
    """Let the context prove who we are by a certificate and its key.

    Raises:
        EndpointSetupError: they cannot be read, are encrypted, or do not belong together.
    """
    # OpenSSL reads keys from files alone: one that only we can read, for as long as it takes.
    with tempfile.TemporaryDirectory(prefix="platewatch-") as folder:
        path = Path(folder, "own.pem")
        path.touch(mode=0o600)
        path.write_text(f"{certificate_pem.strip()}\n{key_pem.strip()}\n", encoding="utf-8")
        try:
            # A password, so that an encrypted key is an error and not a question on somebody's terminal.
            context.load_cert_chain(path, password="")
        except (ssl.SSLError, ValueError):
            msg = (
                "the certificate and key of mutual-tls cannot be used: give both as PEM text, "
                "belonging together, the key without a passphrase"
            )
            raise EndpointSetupError(msg) from None
