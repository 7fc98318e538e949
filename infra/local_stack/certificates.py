"""A certificate authority for one stack, and the server certificate that it signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.local_stack.private_files import write_private

# Kafka's controller listener trusts this name, which only the holder of the server's key can show.
SERVER_NAME = "platewatch-stack"

# A local stack is for trying and testing; it is reset long before.
VALID_FOR = timedelta(days=3650)
_CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """PEM texts: the server's key (PKCS 8) and certificate, and the authority's certificate."""

    key: str = field(repr=False)
    certificate: str
    authority: str


def make_server_certificate(now: datetime) -> ServerCertificate:
    """A certificate for localhost and 127.0.0.1, for servers and for clients.

    The authority's key is forgotten: it signs this one certificate, so none can be added later by whoever finds it.

    Args:
        now: aware time from which it is valid, for VALID_FOR.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Platewatch local stack CA")])
    authority = _builder(authority_name, authority_name, authority_key.public_key(), now)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(_key_usage(signs_certificates=True), critical=True)
    authority_certificate = _sign(authority, authority_key, authority_key)

    server_key = ec.generate_private_key(ec.SECP256R1())
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME)])
    server = _builder(server_name, authority_name, server_key.public_key(), now)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    server = server.add_extension(x509.SubjectAlternativeName(names), critical=False)
    server = server.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server = server.add_extension(_key_usage(signs_certificates=False), critical=True)
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    server = server.add_extension(usages, critical=False)
    return ServerCertificate(
        key=server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        certificate=_pem(_sign(server, server_key, authority_key)),
        authority=_pem(authority_certificate),
    )


def load_or_create_certificate(secrets_folder: Path, now: datetime) -> ServerCertificate:
    """The certificate in the folder, made where it is missing."""
    paths = [secrets_folder / name for name in ("server.key", "server.crt", "ca.crt")]
    if all(path.exists() for path in paths):
        key, certificate, authority = (path.read_text(encoding="utf-8") for path in paths)
        return ServerCertificate(key, certificate, authority)
    made = make_server_certificate(now)
    for path, content in zip(paths, (made.key, made.certificate, made.authority), strict=True):
        write_private(path, content)
    return made


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + VALID_FOR)
    )


def _sign(
    builder: x509.CertificateBuilder, own_key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    own = x509.SubjectKeyIdentifier.from_public_key(own_key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        builder.add_extension(own, critical=False).add_extension(issuer, critical=False).sign(signer, hashes.SHA256())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
