"""The certificates of a secured stack: good for this machine's names, and for a limited time."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from infra.local_stack.certificates import VALID_FOR, load_or_create_certificate, make_server_certificate

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """A TLS handshake in memory; raises what the client would."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_side = server.wrap_bio(to_server, to_client, server_side=True)
    client_side = client.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(4):
        for side in (client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_clients_that_trust_the_authority_accept_the_server_by_name_and_number(tmp_path: Path) -> None:
    made = load_or_create_certificate(tmp_path, datetime.now(UTC))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    client = ssl.create_default_context(cadata=made.authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself
    for name in ("localhost", "127.0.0.1"):
        handshake(server, client, name)


def test_the_certificate_is_valid_from_now_for_its_time() -> None:
    made = x509.load_pem_x509_certificate(make_server_certificate(NOW).certificate.encode())
    assert made.not_valid_before_utc <= NOW
    assert made.not_valid_after_utc == NOW + VALID_FOR


def test_the_authority_may_sign_servers_and_no_further_authorities() -> None:
    authority = x509.load_pem_x509_certificate(make_server_certificate(NOW).authority.encode())
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)


def test_a_certificate_is_made_once_and_its_key_is_its_owners_alone(tmp_path: Path) -> None:
    first = load_or_create_certificate(tmp_path, NOW)
    assert load_or_create_certificate(tmp_path, NOW + timedelta(days=1)) == first
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600
    serialization.load_pem_private_key(first.key.encode(), password=None)
    assert first.key not in repr(first)
