"""What people say of a subscription, and what it may say. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec

from infra.settings.alerts import DeliverySettings
from streams.delivery.choice_rules import SubscriptionRefusedError, check_choice
from streams.delivery.credential_rules import check_auth, check_auth_secret, check_authority
from streams.delivery.endpoint_url import HTTP_SCHEMES, EndpointAddress, parse_endpoint_url
from streams.delivery.formats.template import TemplateRefusedError, check_template
from streams.delivery.subscription import AlertChoice, AlertFormat, AuthKind, EndpointAuth, Subscription
from streams.faults import StreamError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?[\w!#$&^.+-]+=[\w!#$&^.+-]+)*", re.ASCII)
_LONGEST_NAME = 200
_MESSENGERS = frozenset({AlertFormat.SLACK, AlertFormat.TEAMS})


class SubscriptionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What people choose: all of a subscription but its id, its history and its secrets. See `Subscription`."""

    agency: str
    system: str = ""
    url: str
    format: AlertFormat = AlertFormat.CLOUDEVENTS
    template: str = ""
    template_content_type: str = "application/json"
    choice: AlertChoice = AlertChoice()
    auth: EndpointAuth = EndpointAuth()
    ca_pem: str = ""
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    rate_per_s: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 200.0
    inline_crop: bool = False


def terms_of(subscription: Subscription) -> SubscriptionTerms:
    """What people chose of a subscription."""
    return SubscriptionTerms(**{name: getattr(subscription, name) for name in SubscriptionTerms.__struct_fields__})


def with_terms(subscription: Subscription, terms: SubscriptionTerms) -> Subscription:
    """The subscription with other terms, else as it was."""
    return msgspec.structs.replace(subscription, **msgspec.structs.asdict(terms))


def changed_terms(before: SubscriptionTerms, after: SubscriptionTerms) -> tuple[str, ...]:
    """Names of the terms that differ."""
    return tuple(name for name in SubscriptionTerms.__struct_fields__ if getattr(before, name) != getattr(after, name))


def check_id(subscription_id: str) -> None:
    """Nothing, where a subscription can be called so.

    Raises:
        SubscriptionRefusedError: it cannot.
    """
    if not _ID.fullmatch(subscription_id):
        msg = f"{subscription_id!r} is no id of a subscription; give small letters, digits and -, such as metro-cad"
        raise SubscriptionRefusedError(msg)


def check_terms(terms: SubscriptionTerms, auth_secret: str, settings: DeliverySettings, now: datetime) -> None:
    """Nothing, where alerts can be sent on these terms. Reads certificates, so it may block for some 20 ms.

    Args:
        terms: what was asked for.
        auth_secret: of its auth, in clear; empty for none.
        settings: what endpoints are allowed.
        now: aware.

    Raises:
        SubscriptionRefusedError: they cannot; the message says in one sentence what to do, and holds no secret.
    """
    _check_shape(terms)
    for name, value in (("agency", terms.agency), ("system", terms.system)):
        if len(value) > _LONGEST_NAME or not value.isprintable():
            _refuse(f"{name} is longer than {_LONGEST_NAME} characters or has line breaks; give a name")
    if not terms.agency.strip():
        _refuse("the agency is missing; say who is told")
    check_choice(terms.choice)
    try:
        address = parse_endpoint_url(terms.url, settings)
        _check_format(terms, address)
        check_auth(terms.auth, address.scheme, settings, now)
        check_auth_secret(terms.auth, auth_secret)
        check_authority(terms.ca_pem, address.scheme)
    except (StreamError, TemplateRefusedError) as error:
        raise SubscriptionRefusedError(str(error)) from None


def would_disclose_secret(before: SubscriptionTerms, after: SubscriptionTerms) -> bool:
    """Whether the secret of auth, kept as it is, would go to somewhere it was not given for.

    Whoever may change a URL but does not know the password must not learn it by sending it to themselves.
    """
    kind = after.auth.kind
    if kind is AuthKind.OAUTH2:
        return origin_of(before.auth.token_url) != origin_of(after.auth.token_url)
    return kind in {AuthKind.BASIC, AuthKind.HEADER} and origin_of(before.url) != origin_of(after.url)


def origin_of(url: str) -> str:
    """Scheme, host and port as they are written: what may be told of a URL, whose path may be a secret."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}".lower()


def said(error: msgspec.ValidationError) -> str:
    """What is wrong with terms, in a sentence."""
    what, _, where = str(error).partition(" - at `$")
    name = where.removesuffix("`").lstrip(".") or "the subscription"
    if "matching regex" in what:
        what = "write the time as 08:00"  # a shift's: no other term has a pattern
    return f"{name} cannot be kept: {what[:1].lower()}{what[1:]}"


def _check_shape(terms: SubscriptionTerms) -> None:
    """The ranges that the types name, which hold of what came as JSON and of nothing else."""
    try:
        msgspec.convert(msgspec.to_builtins(terms), SubscriptionTerms)
    except msgspec.ValidationError as error:
        raise SubscriptionRefusedError(said(error)) from None


def _check_format(terms: SubscriptionTerms, address: EndpointAddress) -> None:
    if terms.format is AlertFormat.TEMPLATE:
        if not terms.template.strip():
            _refuse("the format is template, but none is given; give the template, or another format")
        if not _MEDIA_TYPE.fullmatch(terms.template_content_type):
            _refuse("template_content_type is no media type; give one such as application/json")
        check_template(terms.template, terms.template_content_type)
    elif terms.template:
        _refuse(f"a template is given, but the format is {terms.format}; give the format template, or no template")
    if terms.format in _MESSENGERS and address.scheme not in HTTP_SCHEMES:
        _refuse(f"the format {terms.format} is taken by its own https address alone; give that, or another format")


def _refuse(message: str) -> None:
    raise SubscriptionRefusedError(message)
