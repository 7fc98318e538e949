from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.endpoint_url import check_endpoint_url, parse_endpoint_url
from streams.delivery.faults import EndpointRefusedError

ALL_SCHEMES = DeliverySettings(schemes=tuple(Scheme))
PRIVATE = DeliverySettings(schemes=tuple(Scheme), private_networks=("127.0.0.0/8", "::1/128", "10.0.0.0/8"))


@pytest.mark.parametrize(
    ("url", "host", "port", "topic"),
    [
        pytest.param("https://cad.example/alerts?key=1", "cad.example", 443, "", id="https"),
        pytest.param("HTTPS://CAD.example:8443", "cad.example", 8443, "", id="upper-case"),
        pytest.param("http://cad.example/", "cad.example", 80, "", id="http"),
        pytest.param("https://cad.example./alerts", "cad.example.", 443, "", id="final-dot"),
        pytest.param("https://8.8.8.8/alerts", "8.8.8.8", 443, "", id="address"),
        pytest.param("https://[2606:4700:4700::1111]:8443/", "2606:4700:4700::1111", 8443, "", id="ipv6"),
        pytest.param("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "", id="other-script"),
        pytest.param("https://cad_1.metro-pd.example/", "cad_1.metro-pd.example", 443, "", id="underscore"),
        pytest.param("mqtts://broker.example/metro/alerts", "broker.example", 8883, "metro/alerts", id="mqtts"),
        pytest.param("mqtt://broker.example:1884/a%20b/", "broker.example", 1884, "a b/", id="mqtt"),
    ],
)
def test_a_url_that_is_taken_leads_where_it_says(url: str, host: str, port: int, topic: str) -> None:
    address = parse_endpoint_url(url, ALL_SCHEMES)
    assert (address.host, address.port, address.topic) == (host, port, topic)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("file:///etc/passwd", "is of a kind that alerts are not sent to", id="file"),
        pytest.param("ftp://cad.example/", "is of a kind", id="ftp"),
        pytest.param("javascript:alert(1)", "is of a kind", id="javascript"),
        pytest.param("https:cad.example", "is of a kind", id="no-slashes"),
        pytest.param("unix:///run/docker.sock", "is of a kind", id="unix"),
        pytest.param("cad.example/alerts", "begins with no scheme", id="no-scheme"),
        pytest.param("//cad.example/alerts", "begins with no scheme", id="no-scheme-but-slashes"),
        pytest.param("", "begins with no scheme", id="empty"),
        pytest.param("https:///alerts", "names no host", id="no-host"),
        pytest.param("https://", "names no host", id="nothing-after-scheme"),
        pytest.param("https://:443/alerts", "names no host", id="port-alone"),
        pytest.param("https://user:hunter2@cad.example/", "holds a user name or password", id="credentials"),
        pytest.param("https://hunter2@cad.example/", "holds a user name or password", id="user-alone"),
        pytest.param("https://@cad.example/", "holds a user name or password", id="empty-user"),
        pytest.param("https://cad.example:0/", "no valid port", id="port-0"),
        pytest.param("https://cad.example:/", "no valid port", id="empty-port"),
        pytest.param("https://cad.example:65536/", "port from 1 to 65535", id="port-too-high"),
        pytest.param("https://cad.example:-1/", "port from 1 to 65535", id="port-negative"),
        pytest.param("https://cad.example:hunter2/", "port from 1 to 65535", id="port-is-text"),
        pytest.param("https://cad.example/#top", "has a fragment", id="fragment"),
        pytest.param("https://cad.example/#", "has a fragment", id="empty-fragment"),
        pytest.param("https://cad.example/a b", "holds a blank", id="blank"),
        pytest.param("https://cad.example/\r\nX-Key: 1", "control character", id="line-break"),
        pytest.param("https://cad\t.example/", "control character", id="tab-in-host"),
        pytest.param("\x00https://cad.example/", "control character", id="null"),
        pytest.param("https://cad.example\\@10.0.0.1/", "backslash", id="backslash"),
        pytest.param("https://cad.example/" + "x" * 2048, "has 2068 characters", id="over-long"),
        pytest.param("https://bücher.example/", "names a host that is none", id="other-script"),
        pytest.param("https://\uff11\uff12\uff17.0.0.1/", "names a host that is none", id="full-width-digits"),
        pytest.param("https://%31%32%37.0.0.1/", "names a host that is none", id="percent-encoded-host"),
        pytest.param("https://-cad.example/", "names a host that is none", id="hyphen-first"),
        pytest.param("https://cad..example/", "names a host that is none", id="empty-label"),
        pytest.param("https://" + ("x" * 60 + ".") * 5 + "example/", "names a host that is none", id="over-long-host"),
        pytest.param("https://[::1/", "is not written as scheme://host:port/path", id="open-bracket"),
        pytest.param("https://[cad.example]/", "is not written as", id="name-in-brackets"),
        pytest.param("https://[fe80::1%25eth0]/", "names a zone", id="zone"),
        pytest.param("https://[fe80::1%eth0]/", "names a zone", id="zone-not-encoded"),
        pytest.param("mqtts://broker.example", "names no topic", id="no-topic"),
        pytest.param("mqtts://broker.example/", "names no topic", id="empty-topic"),
        pytest.param("mqtts://broker.example/a/%2B/b", "cannot be published to", id="wildcard"),
        pytest.param("mqtts://broker.example/a/%23", "cannot be published to", id="many-level-wildcard"),
        pytest.param("mqtts://broker.example/$SYS/x", "cannot be published to", id="system-topic"),
        pytest.param("mqtts://broker.example/a?qos=2", "has a query", id="query-of-mqtt"),
    ],
)
def test_a_url_that_is_refused_says_why_in_one_sentence(url: str, words: str) -> None:
    for settings in (ALL_SCHEMES, PRIVATE):
        with pytest.raises(EndpointRefusedError, match=words) as refused:
            check_endpoint_url(url, settings)
        assert str(refused.value).startswith("the endpoint's URL ")
        assert "\n" not in str(refused.value)
        assert "hunter2" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("10.1.2.3", id="private"),
        pytest.param("[::1]", id="loopback-v6"),
        pytest.param("[::ffff:127.0.0.1]", id="mapped"),
        pytest.param("[::ffff:7f00:1]", id="mapped-in-hex"),
        pytest.param("[64:ff9b::7f00:1]", id="nat64"),
    ],
)
def test_a_private_address_is_taken_only_where_its_network_is_allowed(host: str) -> None:
    check_endpoint_url(f"https://{host}/alerts", PRIVATE)
    with pytest.raises(EndpointRefusedError, match=r"not a public address; delivery\.private_networks can allow"):
        check_endpoint_url(f"https://{host}/alerts", ALL_SCHEMES)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1"])
def test_an_address_of_another_network_is_refused_whatever_else_is_allowed(host: str) -> None:
    with pytest.raises(EndpointRefusedError, match="not a public address"):
        check_endpoint_url(f"https://{host}/", PRIVATE)


@given(
    st.ip_addresses(v=4),
    st.sampled_from(["{0:d}", "{0:#x}", "{0:#o}", "{1}.{2:d}", "0{1:o}.0.0.1", "{1:#x}.1", "{3}."]),
)
def test_no_address_passes_in_a_form_that_some_read_as_another(address: IPv4Address, form: str) -> None:
    number = int(address)
    host = form.format(number, number >> 24, number & 0xFFFFFF, address).replace("0o", "0")
    with pytest.raises(EndpointRefusedError):
        check_endpoint_url(f"https://{host}/", PRIVATE)


@given(
    st.one_of(st.text(max_size=40), st.text("ab1.0-_:/@?#[]%\\xé", max_size=12)),
    st.sampled_from(["https://", "http://", "mqtts://", "", "https://8.8.8.8", "https://a.b"]),
)
def test_whatever_is_given_is_taken_or_refused_and_what_is_taken_is_read_alike_by_the_client(
    text: str, scheme: str
) -> None:
    url = scheme + text
    try:
        address = parse_endpoint_url(url, ALL_SCHEMES)
    except EndpointRefusedError:
        return
    assert URL(url).host == address.host.lower()
    assert (URL(url).explicit_port or address.port) == address.port


@pytest.mark.policy("KY-N.1")
@pytest.mark.parametrize("scheme", [Scheme.HTTP, Scheme.MQTT])
def test_what_is_not_encrypted_is_refused_unless_the_settings_allow_it(scheme: Scheme) -> None:
    with pytest.raises(EndpointRefusedError, match="does not allow"):
        check_endpoint_url(f"{scheme}://host.example/x", DeliverySettings())


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_scheme_is_taken_only_where_the_settings_allow_it(scheme: Scheme) -> None:
    url = f"{scheme}://host.example/x"
    others: dict[str, Any] = {"schemes": tuple(other for other in Scheme if other is not scheme)}
    check_endpoint_url(url, DeliverySettings(schemes=(scheme,)))
    with pytest.raises(EndpointRefusedError, match=r"which delivery\.schemes does not allow"):
        check_endpoint_url(url, DeliverySettings(**others))


def test_messages_may_call_the_url_by_another_name() -> None:
    with pytest.raises(EndpointRefusedError, match=r"^the token URL names no host"):
        parse_endpoint_url("https://", ALL_SCHEMES, name="the token URL")
