"""Which URLs a subscriber may give: judged by their text alone; what a name leads to is judged at each connection."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.address_rules import AddressRules
from streams.delivery.faults import EndpointRefusedError

HTTP_SCHEMES = (Scheme.HTTPS, Scheme.HTTP)
MQTT_SCHEMES = (Scheme.MQTTS, Scheme.MQTT)
DEFAULT_PORTS = {Scheme.HTTPS: 443, Scheme.HTTP: 80, Scheme.MQTTS: 8883, Scheme.MQTT: 1883}

_LONGEST_URL = 2048
"""Characters. Longer ones are cut by what stands between us and the endpoint, or by what shows them."""
_LONGEST_HOST = 253
_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """Where a URL leads."""

    scheme: Scheme
    host: str
    """A name, or an address without brackets."""
    port: int
    topic: str = ""
    """Of MQTT."""

    @property
    def place(self) -> str:
        """Host and port, as messages name the endpoint: the rest of a URL may be a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def check_endpoint_url(url: str, settings: DeliverySettings) -> None:
    """Nothing, where alerts may be sent to the URL.

    Raises:
        EndpointRefusedError: they may not; the message is one sentence and holds neither credentials nor the path.
    """
    parse_endpoint_url(url, settings)


def parse_endpoint_url(url: str, settings: DeliverySettings, *, name: str = "the endpoint's URL") -> EndpointAddress:
    """Where a URL leads that we may speak to.

    Args:
        url: as the subscriber gave it.
        settings: which schemes and networks are allowed.
        name: what the URL is called in messages.

    Raises:
        EndpointRefusedError: we may not.
    """
    try:
        return _parse(url, settings)
    except _RefusalError as refusal:
        msg = f"{name} {refusal}"
        # Without what led here: the words of URL parsers quote the URL.
        raise EndpointRefusedError(msg) from None


class _RefusalError(Exception):
    """What is wrong with a URL, as what follows its name in a sentence."""


def _parse(url: str, settings: DeliverySettings) -> EndpointAddress:
    if len(url) > _LONGEST_URL:
        _refuse(f"has {len(url)} characters; at most {_LONGEST_URL} are taken")
    if _UNFIT.search(url):
        _refuse("holds a blank, a backslash or a control character; write such as %20")
    scheme = _scheme(url, settings)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("is not written as scheme://host:port/path, with a port from 1 to 65535")
    if "@" in parts.netloc:
        _refuse("holds a user name or password; give these as the subscription's auth, where they are sealed")
    if port == 0 or parts.netloc.endswith(":"):
        _refuse("has no valid port; give one from 1 to 65535, or leave it and its colon out")
    if "#" in url:
        _refuse("has a fragment (#…), which is never sent; leave it out")
    host = _checked_host(parts, settings)
    topic = _topic(parts) if scheme in MQTT_SCHEMES else ""
    return EndpointAddress(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, topic)


def _scheme(url: str, settings: DeliverySettings) -> Scheme:
    match = _SCHEME.match(url)
    if match is None:
        _refuse("begins with no scheme; write it as https://host/path")
    name = match[0][:-1].lower()
    known = {scheme.value: scheme for scheme in Scheme}
    if name not in known or not url[match.end() :].startswith("//"):
        taken = ", ".join(f"{scheme}://" for scheme in settings.schemes)
        _refuse(f"is of a kind that alerts are not sent to; taken are {taken}")
    scheme = known[name]
    if scheme not in settings.schemes:
        _refuse(f"uses {scheme}://, which delivery.schemes does not allow")
    return scheme


def _checked_host(parts: SplitResult, settings: DeliverySettings) -> str:
    host = parts.hostname or ""
    if not host:
        _refuse("names no host; write it as https://host/path")
    if parts.netloc.startswith("["):
        return _checked_address(_ipv6(host), settings)
    named = host.removesuffix(".")
    if len(named) > _LONGEST_HOST or not _NAME.fullmatch(named):
        _refuse("names a host that is none; use letters a to z, digits, - and ., and xn-- for other scripts")
    if not _NUMBER.fullmatch(named.rsplit(".", 1)[-1]):
        return host
    try:
        # Only the form that everyone reads alike: 127.1, 0177.0.0.1 and 2130706433 are 127.0.0.1 to some.
        return _checked_address(IPv4Address(host), settings)
    except ipaddress.AddressValueError:
        _refuse("ends in a number like an address but is none; write it as four numbers: 192.0.2.1")


def _ipv6(text: str) -> IPv6Address:
    if "%" in text:
        _refuse("names a zone (%…), which means something on one machine only; leave it out")
    try:
        return IPv6Address(text)
    except ipaddress.AddressValueError:
        _refuse("has no valid address in its brackets; write it as [2001:db8::1]")


def _checked_address(address: IPv4Address | IPv6Address, settings: DeliverySettings) -> str:
    if not AddressRules(settings.private_networks).allow(address):
        _refuse(f"leads to {address}, which is not a public address; delivery.private_networks can allow its network")
    return str(address)


def _topic(parts: SplitResult) -> str:
    if "?" in parts.path or parts.query:
        _refuse("has a query (?…), which MQTT does not know; leave it out")
    topic = unquote(parts.path.removeprefix("/"))
    if not topic:
        _refuse("names no topic; write it as mqtts://host/topic")
    if topic.startswith("$") or any(sign in topic for sign in "+#\0\ufffd"):
        _refuse("names a topic that cannot be published to: no +, no #, and no $ at its beginning")
    return topic


def _refuse(what: str) -> NoReturn:
    raise _RefusalError(what)
