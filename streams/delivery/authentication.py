"""How we prove ourselves to an endpoint in the headers of a request."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Protocol

from streams.delivery.faults import EndpointSetupError
from streams.delivery.subscription import AuthKind, EndpointAuth

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OURS = re.compile(
    r"host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|user-agent|webhook-.*|proxy-.*",
    re.IGNORECASE,
)
"""Headers that a subscriber's key must not take the place of."""


class Authentication(Protocol):
    """Gives the headers of one request after the other."""

    async def headers(self) -> Mapping[str, str]:
        """Headers that prove who we are.

        Raises:
            DeliveryError: there are none now.
        """
        ...

    def refused(self, headers: Mapping[str, str]) -> bool:
        """The endpoint answered 401 to these: whether it is worth asking for others, and trying once more."""
        ...


class FixedHeaders:
    """The same headers each time."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    async def headers(self) -> Mapping[str, str]:
        """As they were given."""
        return self._headers

    def refused(self, headers: Mapping[str, str]) -> bool:
        """There are no others."""
        return False


def fixed_headers(auth: EndpointAuth, secret: str) -> dict[str, str]:
    """The headers of all kinds of proof but oauth2; none where the proof is not in a header.

    Args:
        auth: what the subscription says.
        secret: in clear.

    Raises:
        EndpointSetupError: it says too little, or what no header can hold.
    """
    match auth.kind:
        case AuthKind.BASIC:
            return {"authorization": basic_credentials(auth.username, secret)}
        case AuthKind.HEADER:
            return {_header_name(auth.header): _header_value(secret)}
        case _:
            return {}


def basic_credentials(username: str, password: str) -> str:
    """The value of `Authorization` after RFC 7617, in UTF-8.

    Raises:
        EndpointSetupError: it cannot be one.
    """
    check_basic(username, password)
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def check_basic(username: str, password: str) -> None:
    """Nothing, where they are a user name and a password.

    Raises:
        EndpointSetupError: one is missing, or holds what it cannot.
    """
    if not username or not password:
        msg = "auth basic takes a user name and a password; give both"
        raise EndpointSetupError(msg)
    if ":" in username or _CONTROL.search(username + password):
        msg = "auth basic takes a user name without colon, and no control characters"
        raise EndpointSetupError(msg)


def _header_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        msg = "auth header takes the name of a header, such as X-Api-Key"
        raise EndpointSetupError(msg)
    if _OURS.fullmatch(name):
        msg = f"auth header cannot use {name}, which is set otherwise; give another name, such as X-Api-Key"
        raise EndpointSetupError(msg)
    return name


def _header_value(secret: str) -> str:
    if not _HEADER_VALUE.fullmatch(secret):
        msg = "auth header takes a key of ASCII letters, digits and signs; give one"
        raise EndpointSetupError(msg)
    return secret
