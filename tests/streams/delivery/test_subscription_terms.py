from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from infra.settings.alerts import DeliverySettings, Scheme
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import AlertChoice, AlertFormat, AuthKind, EndpointAuth, Subscription
from streams.delivery.subscription_terms import (
    SubscriptionTerms,
    changed_terms,
    check_id,
    check_terms,
    terms_of,
    with_terms,
    would_disclose_secret,
)
from tests.builders import build_subscription
from tests.certificates import Authority, encrypted
from tests.subscription_builders import DELIVERY, build_subscription_terms

NOW = datetime.now(UTC)
AUTHORITY = Authority()
OURS = AUTHORITY.issue("platewatch.example")
OTHERS = AUTHORITY.issue("other.example")
OVER = AUTHORITY.issue("platewatch.example", ends_in=timedelta(days=-1))
OPEN = DeliverySettings(schemes=tuple(Scheme))
TEMPLATE = "{{ notice | tojson }}"


def basic(username: str = "pw") -> EndpointAuth:
    return EndpointAuth(kind=AuthKind.BASIC, username=username)


def header(name: str = "X-Api-Key") -> EndpointAuth:
    return EndpointAuth(kind=AuthKind.HEADER, header=name)


def oauth2(**changes: str) -> EndpointAuth:
    given = {"username": "client", "token_url": "https://login.example/token", **changes}
    return EndpointAuth(kind=AuthKind.OAUTH2, **given)


def mutual(certificate: str = OURS.certificate) -> EndpointAuth:
    return EndpointAuth(kind=AuthKind.MUTUAL_TLS, certificate_pem=certificate)


REFUSED = [
    pytest.param({"agency": " "}, "", "agency is missing", id="no-agency"),
    pytest.param({"agency": "a\nb"}, "", "line breaks", id="agency-of-two-lines"),
    pytest.param({"system": "x" * 201}, "", "longer than 200", id="long-system"),
    pytest.param({"url": "ftp://cad.example"}, "", "endpoint's URL", id="scheme"),
    pytest.param({"url": "https://10.0.0.1/"}, "", "not a public address", id="private-address"),
    pytest.param({"url": "https://pw:hunter2@cad.example/"}, "", "holds a user name", id="credentials-in-the-url"),
    pytest.param({"concurrency": 65}, "", "concurrency cannot be kept", id="concurrency"),
    pytest.param({"rate_per_s": 0.0}, "", "rate_per_s cannot be kept", id="rate"),
    pytest.param({"choice": AlertChoice(least_urgent=6)}, "", "choice.least_urgent cannot", id="priority"),
    pytest.param({"choice": AlertChoice(cameras=("",))}, "", "camera's name", id="choice"),
    pytest.param({"format": AlertFormat.TEMPLATE}, "", "none is given", id="template-without-template"),
    pytest.param({"template": TEMPLATE}, "", "the format is cloudevents", id="template-without-format"),
    pytest.param(
        {"format": AlertFormat.TEMPLATE, "template": TEMPLATE, "template_content_type": "a\r\nb"},
        "",
        "no media type",
        id="content-type",
    ),
    pytest.param({"format": AlertFormat.TEMPLATE, "template": "{{ notice"}, "", "template", id="template-with-a-fault"),
    pytest.param({"format": AlertFormat.SLACK, "url": "mqtts://cad.example/t"}, "", "https address", id="slack-mqtt"),
    pytest.param({"auth": basic("")}, "hunter2", "lacks the user name", id="basic-without-name"),
    pytest.param({"auth": basic()}, "", "lacks the password", id="basic-without-password"),
    pytest.param({"auth": basic("a:b")}, "hunter2", "without colon", id="basic-with-colon"),
    pytest.param({"auth": header("")}, "hunter2", "lacks the header's name", id="header-without-name"),
    pytest.param({"auth": header("X Key")}, "hunter2", "name of a header", id="header-with-blank"),
    pytest.param({"auth": header("Host")}, "hunter2", "another name", id="header-of-ours"),
    pytest.param({"auth": header()}, "hunter2\r\nX: y", "a key of ASCII", id="key-of-two-lines"),
    pytest.param({"auth": header(), "url": "mqtts://cad.example/t"}, "hunter2", "speaks MQTT", id="header-by-mqtt"),
    pytest.param({"auth": oauth2(username="")}, "hunter2", "lacks the client's id", id="oauth2-without-client"),
    pytest.param({"auth": oauth2(token_url="")}, "hunter2", "where tokens are given out", id="oauth2-without-url"),
    pytest.param({"auth": oauth2(token_url="https://127.0.0.1/")}, "hunter2", "auth.token_url", id="oauth2-private"),
    pytest.param({"auth": oauth2(token_url="mqtts://a.example/t")}, "hunter2", "no URL of HTTP", id="oauth2-by-mqtt"),
    pytest.param({"auth": oauth2()}, "", "lacks the client's secret", id="oauth2-without-secret"),
    pytest.param({"auth": mutual("")}, OURS.key, "lacks our certificate", id="mutual-without-certificate"),
    pytest.param({"auth": mutual("PEM")}, OURS.key, "holds no certificate", id="mutual-without-a-real-one"),
    pytest.param({"auth": mutual()}, "", "lacks the certificate's private key", id="mutual-without-key"),
    pytest.param({"auth": mutual()}, OTHERS.key, "belonging together", id="mutual-with-another-key"),
    pytest.param({"auth": mutual()}, encrypted(OURS.key, "x"), "without a passphrase", id="mutual-with-locked-key"),
    pytest.param({"auth": mutual(OVER.certificate)}, OVER.key, "was valid until", id="mutual-over"),
    pytest.param({"auth": mutual(), "url": "http://cad.example/"}, OURS.key, "encrypted", id="mutual-in-clear"),
    pytest.param({}, "hunter2", "auth is none", id="secret-without-auth"),
    pytest.param({"auth": EndpointAuth(username="pw")}, "", "auth.username is given", id="name-without-auth"),
    pytest.param(
        {"auth": EndpointAuth(kind=AuthKind.BASIC, username="pw", header="X")}, "hunter2", "auth.header", id="two-kinds"
    ),
    pytest.param({"ca_pem": "PEM"}, "", "ca_pem holds no certificate", id="authority"),
    pytest.param({"ca_pem": AUTHORITY.pem, "url": "http://cad.example/"}, "", "not encrypted", id="authority-in-clear"),
]


@pytest.mark.parametrize(("changes", "secret", "said"), REFUSED)
def test_what_cannot_be_kept_is_refused_in_one_sentence_without_the_secret(
    changes: dict[str, Any], secret: str, said: str
) -> None:
    with pytest.raises(SubscriptionRefusedError, match=said) as refused:
        check_terms(build_subscription_terms(**changes), secret, OPEN, NOW)
    assert "\n" not in str(refused.value)
    assert not secret or secret not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("changes", "secret"),
    [
        pytest.param({}, "", id="plain"),
        pytest.param({"auth": basic(), "url": "mqtts://cad.example/alerts"}, "hunter2", id="mqtt-with-password"),
        pytest.param({"auth": header()}, "hunter2", id="header"),
        pytest.param({"auth": oauth2(username="a:b", scope="alerts")}, "hunter2", id="oauth2"),
        pytest.param({"auth": mutual(), "ca_pem": AUTHORITY.pem}, OURS.key, id="mutual-tls"),
        pytest.param({"format": AlertFormat.SLACK, "url": "https://hooks.slack.com/services/T/B/x"}, "", id="slack"),
    ],
)
def test_what_is_complete_is_taken(changes: dict[str, Any], secret: str) -> None:
    check_terms(build_subscription_terms(**changes), secret, OPEN, NOW)


def test_a_scheme_that_the_settings_do_not_allow_is_refused() -> None:
    with pytest.raises(SubscriptionRefusedError, match=r"delivery\.schemes"):
        check_terms(build_subscription_terms(url="http://cad.example/"), "", DELIVERY, NOW)


@pytest.mark.parametrize("name", ["metro-cad", "a", "7", "a" * 63])
def test_a_plain_id_is_taken(name: str) -> None:
    check_id(name)


@pytest.mark.parametrize("name", ["", "Metro", "-a", "a b", "a/b", "a@2", "a" * 64, "é", "a\n"])
def test_an_id_that_could_be_mistaken_is_refused(name: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match="no id of a subscription"):
        check_id(name)


@pytest.mark.parametrize(
    ("before", "after", "discloses"),
    [
        pytest.param({"auth": basic()}, {"url": "https://evil.example/"}, True, id="password-to-another-host"),
        pytest.param({"auth": basic()}, {"url": "https://cad.example:444/alerts"}, True, id="another-port"),
        pytest.param({"auth": header()}, {"url": "http://cad.example/alerts"}, True, id="in-clear"),
        pytest.param({"auth": basic()}, {"url": "https://CAD.example/other?x=1"}, False, id="another-path"),
        pytest.param({"auth": oauth2()}, {"auth": oauth2(token_url="https://evil.example/")}, True, id="token-url"),
        pytest.param({"auth": oauth2()}, {"url": "https://evil.example/"}, False, id="client-secret-stays-home"),
        pytest.param({"auth": mutual()}, {"url": "https://evil.example/"}, False, id="private-keys-are-never-sent"),
        pytest.param({}, {"url": "https://evil.example/"}, False, id="no-secret"),
    ],
)
def test_a_kept_secret_goes_nowhere_that_it_was_not_given_for(
    before: dict[str, Any], after: dict[str, Any], discloses: bool
) -> None:
    terms = build_subscription_terms(**before)
    assert would_disclose_secret(terms, msgspec.structs.replace(terms, **after)) is discloses


def test_terms_are_all_of_a_subscription_but_its_id_history_and_secrets() -> None:
    own = {"schema_version", "id", "version", "disabled_because", "sealed"}
    stamps = {"created_at", "created_by", "changed_at", "changed_by"}
    assert set(Subscription.__struct_fields__) == set(SubscriptionTerms.__struct_fields__) | own | stamps
    subscription = build_subscription(version=7)
    other = build_subscription_terms(system="RMS", concurrency=2)
    assert terms_of(with_terms(subscription, other)) == other
    assert with_terms(subscription, terms_of(subscription)) == subscription
    assert changed_terms(terms_of(subscription), other) == ("system", "concurrency")


def test_terms_default_to_what_a_subscription_defaults_to() -> None:
    plain = build_subscription()
    assert terms_of(plain) == SubscriptionTerms(agency=plain.agency, system=plain.system, url=plain.url)
