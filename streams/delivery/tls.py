"""TLS towards endpoints: always verified, by public authorities or the subscriber's own; our certificate if asked."""

from __future__ import annotations

import socket
import ssl
import tempfile
from pathlib import Path

from streams.delivery.faults import EndpointSetupError


class NamedContext(ssl.SSLContext):
    """Expects the certificate of a host by its name, when the connection is made to the host's address."""

    server_name: str

    def wrap_socket(  # type: ignore[override]  # what else the original takes is not of use to a client
        self, sock: socket.socket, *, server_hostname: str | None = None, do_handshake_on_connect: bool = True
    ) -> ssl.SSLSocket:
        """The socket, after the handshake; closed where that fails."""
        wrapped = super().wrap_socket(sock, server_hostname=self.server_name, do_handshake_on_connect=False)
        try:
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped


def verifying_context(ca_pem: str = "") -> ssl.SSLContext:
    """Trusts public authorities, or that one alone where one is given. Blocks for some 20 ms to read them.

    Raises:
        EndpointSetupError: what is given is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust(context, ca_pem)
    return context


def named_context(server_name: str, ca_pem: str = "") -> NamedContext:
    """As `verifying_context`, for connections to addresses of the host of that name; errors likewise."""
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = server_name
    trust(context, ca_pem)
    return context


def trust(context: ssl.SSLContext, ca_pem: str) -> None:
    """Trust an authority too; all public ones, where none is given.

    Raises:
        EndpointSetupError: what is given is no certificate.
    """
    if not ca_pem:
        context.load_default_certs()
        return
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
