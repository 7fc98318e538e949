from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery import subscription_life as life
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import AuthKind, EndpointAuth, SecretName, Subscription
from streams.delivery.subscription_life import Stamp
from streams.delivery.subscription_terms import terms_of
from tests.builders import moment
from tests.subscription_builders import build_subscription_terms

STAMP = Stamp("B. Boss", moment(60))
BASIC = EndpointAuth(kind=AuthKind.BASIC, username="pw")


def made(**terms: object) -> Subscription:
    sealed = {SecretName.SIGNING: "signing-1"} | ({SecretName.AUTH: "auth-1"} if terms else {})
    stamp = Stamp("A. Admin", moment())
    return life.make("metro-cad", build_subscription_terms(**terms), sealed, stamp=stamp, removed=None)


def test_a_new_subscription_is_version_1_by_whoever_made_it() -> None:
    subscription = made()
    assert (subscription.version, subscription.created_by, subscription.changed_at) == (1, "A. Admin", moment())
    assert terms_of(subscription) == build_subscription_terms()


def test_whoever_takes_an_id_of_old_goes_on_with_its_versions() -> None:
    gone = life.remove(made(), STAMP)
    again = life.make("metro-cad", build_subscription_terms(), {}, stamp=STAMP, removed=gone)
    assert (gone.version, again.version) == (2, 3)


STEPS: list[Callable[[Subscription], Subscription]] = [
    lambda one: life.change(one, msgspec.structs.replace(terms_of(one), system="RMS"), {}, STAMP),
    lambda one: life.change(one, msgspec.structs.replace(terms_of(one), system="CAD"), {}, STAMP),
    lambda one: life.disable(one, "under repair", STAMP),
    lambda one: life.enable(one, STAMP),
    lambda one: life.rotate(one, "signing-new", STAMP),
    lambda one: life.finish_rotation(one, STAMP),
]


@given(st.lists(st.sampled_from(range(len(STEPS))), max_size=12))
def test_whatever_is_done_each_step_is_one_version_more_and_a_signing_secret_is_always_live(chosen: list[int]) -> None:
    subscription = made()
    for number in chosen:
        try:
            after = STEPS[number](subscription)
        except SubscriptionRefusedError:
            continue
        assert after.version == subscription.version + 1
        assert (after.changed_by, after.changed_at) == ("B. Boss", moment(60))
        assert (after.created_by, after.created_at, after.id) == ("A. Admin", moment(), "metro-cad")
        assert after.sealed[SecretName.SIGNING]
        if after.sealed[SecretName.SIGNING] != subscription.sealed[SecretName.SIGNING]:
            assert after.sealed[SecretName.SIGNING_BEFORE] == subscription.sealed[SecretName.SIGNING]
        subscription = after


def test_a_rotation_keeps_the_secret_before_until_it_is_finished() -> None:
    rotated = life.rotate(made(), "signing-2", STAMP)
    assert rotated.sealed == {SecretName.SIGNING: "signing-2", SecretName.SIGNING_BEFORE: "signing-1"}
    with pytest.raises(SubscriptionRefusedError, match="finish that rotation first"):
        life.rotate(rotated, "signing-3", STAMP)
    assert life.finish_rotation(rotated, STAMP).sealed == {SecretName.SIGNING: "signing-2"}
    with pytest.raises(SubscriptionRefusedError, match="rotate it first"):
        life.finish_rotation(made(), STAMP)


def test_a_change_of_nothing_is_refused_but_a_new_secret_is_a_change() -> None:
    before = made(auth=BASIC)
    with pytest.raises(SubscriptionRefusedError, match="nothing is changed"):
        life.change(before, terms_of(before), {}, STAMP)
    changed = life.change(before, terms_of(before), {SecretName.AUTH: "auth-2"}, STAMP)
    assert changed.sealed[SecretName.AUTH] == "auth-2"


def test_the_secret_of_auth_stays_with_its_kind_and_its_host_alone() -> None:
    before = made(auth=BASIC)
    elsewhere = msgspec.structs.replace(terms_of(before), url="https://evil.example/")
    with pytest.raises(SubscriptionRefusedError, match="give it again"):
        life.change(before, elsewhere, {}, STAMP)
    assert life.change(before, elsewhere, {SecretName.AUTH: "auth-2"}, STAMP).sealed[SecretName.AUTH] == "auth-2"
    other_kind = msgspec.structs.replace(terms_of(before), auth=EndpointAuth())
    assert SecretName.AUTH not in life.change(before, other_kind, {}, STAMP).sealed
    renamed = msgspec.structs.replace(terms_of(before), system="RMS")
    assert life.change(before, renamed, {}, STAMP).sealed == before.sealed


def test_what_is_disabled_says_why_until_it_is_enabled() -> None:
    disabled = life.disable(made(), "under repair", STAMP)
    assert disabled.disabled_because == "under repair"
    with pytest.raises(SubscriptionRefusedError, match="disabled already: under repair"):
        life.disable(disabled, "again", STAMP)
    assert life.enable(disabled, STAMP).disabled_because == ""
    with pytest.raises(SubscriptionRefusedError, match="is not disabled"):
        life.enable(made(), STAMP)


def test_what_is_removed_has_no_secrets() -> None:
    assert life.remove(made(auth=BASIC), STAMP).sealed == {}
