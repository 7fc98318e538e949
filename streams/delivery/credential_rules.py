"""Whether the proof and the trust that a subscriber asks for can be used: each kind with what belongs to it alone."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.authentication import check_basic, fixed_headers
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.endpoint_url import HTTP_SCHEMES, parse_endpoint_url
from streams.delivery.faults import EndpointRefusedError
from streams.delivery.subscription import AuthKind, EndpointAuth
from streams.delivery.tls import show_certificate, verifying_context

_ENCRYPTED = frozenset({Scheme.HTTPS, Scheme.MQTTS})
_SECRET_OF = {
    AuthKind.BASIC: "the password",
    AuthKind.HEADER: "the key",
    AuthKind.OAUTH2: "the client's secret",
    AuthKind.MUTUAL_TLS: "the certificate's private key",
}
_BELONGS = {
    "username": frozenset({AuthKind.BASIC, AuthKind.OAUTH2}),
    "header": frozenset({AuthKind.HEADER}),
    "token_url": frozenset({AuthKind.OAUTH2}),
    "scope": frozenset({AuthKind.OAUTH2}),
    "certificate_pem": frozenset({AuthKind.MUTUAL_TLS}),
}
_NEEDED = {
    AuthKind.BASIC: {"username": "the user name"},
    AuthKind.HEADER: {"header": "the header's name"},
    AuthKind.OAUTH2: {"username": "the client's id", "token_url": "where tokens are given out"},
    AuthKind.MUTUAL_TLS: {"certificate_pem": "our certificate"},
}


def check_auth(auth: EndpointAuth, scheme: Scheme, settings: DeliverySettings, now: datetime) -> None:
    """Nothing, where the proof is complete but for its secret, and fits the endpoint's scheme.

    Raises:
        SubscriptionRefusedError: something is missing, or does not belong together.
        DeliveryError: the URL of tokens cannot be used.
    """
    kind = auth.kind
    for name, kinds in _BELONGS.items():
        if getattr(auth, name) and kind not in kinds:
            _refuse(f"auth.{name} is given, but not used by auth of kind {kind}; leave it out, or give another kind")
    for name, words in _NEEDED.get(kind, {}).items():
        if not getattr(auth, name).strip():
            _refuse(f"auth of kind {kind} lacks {words}; give it as auth.{name}")
    if scheme not in HTTP_SCHEMES and kind in {AuthKind.HEADER, AuthKind.OAUTH2}:
        _refuse(f"auth of kind {kind} is of HTTP, but the endpoint speaks MQTT; give basic or mutual-tls")
    if scheme not in _ENCRYPTED and kind is AuthKind.MUTUAL_TLS:
        _refuse("auth of kind mutual-tls needs an encrypted connection; give an https or mqtts URL")
    if kind is AuthKind.OAUTH2:
        address = parse_endpoint_url(auth.token_url, settings, name="auth.token_url")
        if address.scheme not in HTTP_SCHEMES:
            msg = "auth.token_url is no URL of HTTP; give the https URL at which tokens are given out"
            raise EndpointRefusedError(msg)
    if kind is AuthKind.MUTUAL_TLS:
        _check_certificate(auth.certificate_pem, now)


def check_auth_secret(auth: EndpointAuth, secret: str) -> None:
    """Nothing, where the secret is what the proof needs; empty for none.

    Raises:
        SubscriptionRefusedError: it is missing, or one too many.
        DeliveryError: it cannot be used; the message does not repeat it.
    """
    if auth.kind is AuthKind.NONE:
        if secret:
            _refuse("a secret of auth is given, but auth is none; give auth's kind too, or no secret")
        return
    if not secret:
        _refuse(f"auth of kind {auth.kind} lacks {_SECRET_OF[auth.kind]}; give it as the secret of auth")
    if auth.kind is AuthKind.MUTUAL_TLS:
        show_certificate(verifying_context(), auth.certificate_pem, secret)
    elif auth.kind is AuthKind.OAUTH2:
        check_basic(auth.username.replace(":", ""), secret)  # a colon in a client's id is encoded
    else:
        fixed_headers(auth, secret)


def check_authority(ca_pem: str, scheme: Scheme) -> None:
    """Nothing, where the certificate authority can be used.

    Raises:
        SubscriptionRefusedError: the connection is not encrypted.
        DeliveryError: it is no certificate.
    """
    if not ca_pem:
        return
    if scheme not in _ENCRYPTED:
        _refuse("ca_pem is given, but the endpoint's connection is not encrypted; give an https or mqtts URL")
    verifying_context(ca_pem)


def _check_certificate(pem: str, now: datetime) -> None:
    try:
        own, *_ = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        msg = "auth.certificate_pem holds no certificate; give PEM text, -----BEGIN CERTIFICATE----- and so on"
        raise SubscriptionRefusedError(msg) from None
    if own.not_valid_after_utc <= now:
        _refuse(f"our certificate was valid until {own.not_valid_after_utc:%Y-%m-%d}; give a new one, with its key")


def _refuse(message: str) -> None:
    raise SubscriptionRefusedError(message)
