from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.address_rules import Address, AddressRules

PUBLIC_ONLY = AddressRules(())

PRIVATE_V4 = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"]
PRIVATE_V4 += ["192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"]
PRIVATE_V6 = ["::/127", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "2001::/32", "100::/64"]


def within(*networks: str) -> st.SearchStrategy[Address]:
    """Addresses of the networks, their ends among them."""

    def of(network: str) -> st.SearchStrategy[Address]:
        whole = ipaddress.ip_network(network)
        first, last = int(whole.network_address), int(whole.broadcast_address)
        kind = IPv4Address if whole.version == 4 else IPv6Address
        return st.one_of(st.sampled_from([first, last]), st.integers(first, last)).map(kind)

    return st.one_of([of(network) for network in networks])


def mapped(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0xFFFF << 32) | int(inner))


def nat64(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0x64FF9B << 96) | int(inner))


def sixtofour(inner: IPv4Address) -> IPv6Address:
    return IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1)


def compatible(inner: IPv4Address) -> IPv6Address:
    return IPv6Address(int(inner))


CARRIERS = [mapped, nat64, sixtofour]


@given(within(*PRIVATE_V4, *PRIVATE_V6))
def test_no_address_that_is_not_public_passes(address: Address) -> None:
    assert not PUBLIC_ONLY.allow(address)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_passes_that_python_holds_for_private_or_not_for_single_receivers(address: Address) -> None:
    if PUBLIC_ONLY.allow(address):
        kinds = (address.is_private, address.is_loopback, address.is_link_local, address.is_multicast)
        assert not any(kinds)


@given(within(*PRIVATE_V4), st.sampled_from([*CARRIERS, compatible]))
def test_an_address_that_is_not_public_does_not_pass_inside_of_another_one(
    inner: IPv4Address, carry: type[IPv6Address]
) -> None:
    assert not PUBLIC_ONLY.allow(carry(inner))


@given(within("10.20.0.0/16"), st.sampled_from(CARRIERS))
def test_an_allowed_network_is_allowed_in_every_form(inner: IPv4Address, carry: type[IPv6Address]) -> None:
    rules = AddressRules(("10.20.0.0/16",))
    assert rules.allow(inner)
    assert rules.allow(carry(inner))


@given(within(*PRIVATE_V4, *PRIVATE_V6))
def test_an_allowed_network_allows_no_other(address: Address) -> None:
    allowed = ("10.20.0.0/16", "fd12::/16")
    inside = any(address.version == net.version and address in net for net in map(ipaddress.ip_network, allowed))
    assert AddressRules(allowed).allow(address) == inside


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        pytest.param("8.8.8.8", True, id="public"),
        pytest.param("2606:4700:4700::1111", True, id="public-v6"),
        pytest.param("::ffff:8.8.8.8", True, id="public-mapped"),
        pytest.param("64:ff9b::8.8.8.8", True, id="public-by-nat64"),
        pytest.param("169.254.169.254", False, id="metadata"),
        pytest.param("fd00:ec2::254", False, id="metadata-v6"),
        pytest.param("::ffff:169.254.169.254", False, id="metadata-mapped"),
        pytest.param("64:ff9b::a9fe:a9fe", False, id="metadata-by-nat64"),
        pytest.param("64:ff9b:1::a9fe:a9fe", False, id="metadata-by-local-nat64"),
        pytest.param("2002:7f00:1::1", False, id="loopback-by-6to4"),
        pytest.param("2001:0:4136:e378:8000:63bf:3fff:fdd2", False, id="teredo"),
        pytest.param("fe80::1%eth0", False, id="link-local-with-zone"),
        pytest.param("255.255.255.255", False, id="broadcast"),
        pytest.param("5f00::1", False, id="segment-routing"),
        pytest.param("4000::1", False, id="not-given-out"),
    ],
)
def test_known_addresses(address: str, allowed: bool) -> None:
    assert PUBLIC_ONLY.allow(ipaddress.ip_address(address)) == allowed
