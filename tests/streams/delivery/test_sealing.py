from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.settings.alerts import DeliverySettings
from streams.delivery.faults import NoSealingKeyError, UnsealableError
from streams.delivery.sealing import OpenedSecrets, Sealer, new_sealing_key
from streams.delivery.subscription import SecretName
from tests.builders import build_subscription

OLD, NEW = new_sealing_key(), new_sealing_key()


def sealer(key: str | None = NEW, before: str | None = None) -> Sealer:
    facts: dict[str, Any] = {"sealing_key": key, "sealing_key_before": before}
    return Sealer(DeliverySettings(**facts))


@pytest.mark.policy("KY-N.1")
@given(st.text())
def test_what_is_sealed_comes_out_again_and_does_not_show(text: str) -> None:
    sealed = sealer().seal(text)
    assert sealer().unseal(sealed) == text
    assert len(text) < 4 or text not in sealed


def test_the_same_text_never_looks_the_same() -> None:
    assert sealer().seal("hunter2") != sealer().seal("hunter2")


def test_while_keys_change_over_the_key_before_opens_and_the_new_one_seals() -> None:
    sealed_before = sealer(OLD).seal("hunter2")
    both = sealer(NEW, OLD)
    assert both.unseal(sealed_before) == "hunter2"
    assert sealer(NEW).unseal(both.seal("other")) == "other"
    assert sealer(NEW).unseal(both.reseal(sealed_before)) == "hunter2"


@pytest.mark.parametrize("sealed", [sealer(OLD).seal("hunter2"), "", "x", "é", sealer().seal("hunter2")[:-4] + "AAA="])
def test_what_was_sealed_with_another_key_or_changed_is_not_opened(sealed: str) -> None:
    with pytest.raises(UnsealableError, match=r"delivery\.sealing_key_before, or give the secret again") as refused:
        sealer(NEW).unseal(sealed)
    assert "hunter2" not in str(refused.value)


def test_without_a_key_the_message_says_how_to_make_one() -> None:
    for act in (sealer(None).seal, sealer(None).unseal):
        with pytest.raises(NoSealingKeyError, match="`platewatch webhook key` prints"):
            act("hunter2")


def test_with_the_key_before_alone_nothing_is_sealed() -> None:
    with pytest.raises(NoSealingKeyError):
        sealer(None, OLD).seal("hunter2")


def test_a_subscription_s_secrets_are_opened_together_the_newest_first_and_do_not_print() -> None:
    names = {SecretName.SIGNING_BEFORE: "older", SecretName.AUTH: "hunter2", SecretName.SIGNING: "newer"}
    subscription = build_subscription(sealed={name: sealer().seal(text) for name, text in names.items()})
    opened = sealer().open(subscription)
    assert opened == OpenedSecrets(("newer", "older"), "hunter2")
    assert "hunter2" not in repr(opened)
    assert "newer" not in repr(opened)


def test_a_subscription_without_secrets_needs_no_key() -> None:
    assert sealer(None).open(build_subscription()) == OpenedSecrets()


@pytest.mark.parametrize("name", ["sealing_key", "sealing_key_before"])
def test_keys_are_read_from_files_and_a_bad_one_is_named_but_not_shown(name: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{NEW}\n")
    given_by_file: dict[str, Any] = {f"{name}_file": path}
    key = getattr(DeliverySettings(**given_by_file), name)
    assert key.get_secret_value() == NEW
    bad: dict[str, Any] = {name: "hunter2"}
    with pytest.raises(ValidationError, match=f"{name} must be 32 bytes in base64") as refused:
        DeliverySettings(**bad)
    assert "hunter2" not in str(refused.value)
