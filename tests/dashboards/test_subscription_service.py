from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from dashboards.audit_log import AuditLogError
from dashboards.subscription_service import GivenSecrets, Issued, SubscriptionService
from dashboards.subscription_steps import Mandate
from infra.settings.alerts import DeliverySettings
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.faults import NoSealingKeyError
from streams.delivery.sealing import Sealer, new_sealing_key
from streams.delivery.signing import new_secret
from streams.delivery.subscription import AlertChoice, AuthKind, EndpointAuth, SecretName, Subscription
from streams.delivery.subscription_store import (
    NoSuchSubscriptionError,
    SubscriptionChangedError,
)
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import SYSTEM, Actor, Role
from streams.records import AuditEvent
from tests.builders import build_subscription, moment
from tests.subscription_builders import ADMIN, DELIVERY, MANDATE, MemoryRecords, build_subscription_terms

ID = "metro-cad"
BASIC = EndpointAuth(kind=AuthKind.BASIC, username="pw")
PASSWORD = "hunter2 hunter2"


class Office:
    """A service over a system of record in memory, and what it told the audit log, in order."""

    def __init__(self, settings: DeliverySettings = DELIVERY) -> None:
        self.records = MemoryRecords()
        self.events: list[AuditEvent] = []
        self.order: list[str] = []
        self.now_s = 0.0
        self.audit_is_away = False
        self.sealer = Sealer(settings)
        self.service = SubscriptionService(
            self.records, self.audit, settings=settings, sealer=self.sealer, clock=self.clock
        )
        self.records.before_write = lambda one: self.order.append(f"write {one.version}")

    def clock(self) -> datetime:
        self.now_s += 60
        return moment(self.now_s)

    async def audit(self, event: AuditEvent) -> None:
        if self.audit_is_away:
            msg = "the audit log does not take the event"
            raise AuditLogError(msg)
        self.order.append(event.action)
        self.events.append(event)

    async def create(self, secrets: GivenSecrets | None = None, **terms: Any) -> Issued:
        return await self.service.create(ID, build_subscription_terms(**terms), secrets or GivenSecrets(), MANDATE)

    def stored(self) -> Subscription:
        return self.records.stored[ID].subscription

    def opened(self, name: SecretName) -> str:
        return self.sealer.unseal(self.stored().sealed[name])


@pytest.fixture
def office() -> Office:
    return Office()


def renamed(system: str) -> Callable[[SubscriptionTerms], SubscriptionTerms]:
    return lambda terms: msgspec.structs.replace(terms, system=system)


async def test_each_step_is_on_record_before_it_is_taken(office: Office) -> None:
    await office.create()
    await office.service.change(ID, renamed("RMS"), MANDATE)
    await office.service.rotate_secret(ID, MANDATE)
    await office.service.finish_rotation(ID, MANDATE)
    await office.service.disable(ID, MANDATE)
    await office.service.enable(ID, MANDATE)
    await office.service.remove(ID, MANDATE)
    assert office.order == [
        "subscription.created", "write 1",
        "subscription.changed", "write 2",
        "subscription.secret-rotated", "write 3",
        "subscription.rotation-finished", "write 4",
        "subscription.disabled", "write 5",
        "subscription.enabled", "write 6",
        "subscription.removed", "write 7",
    ]  # fmt: skip


async def test_the_audit_log_says_who_did_what_when_and_why_and_holds_no_secret(office: Office) -> None:
    given = GivenSecrets(signing=new_secret(), auth=PASSWORD)
    await office.create(given, auth=BASIC, url="https://cad.example/alerts?key=in-the-url")
    await office.service.change(ID, renamed("RMS"), MANDATE, auth_secret=PASSWORD + "!")
    issued = await office.service.rotate_secret(ID, MANDATE)
    created, changed, rotated = office.events
    assert [event.action for event in office.events] == [
        "subscription.created",
        "subscription.changed",
        "subscription.secret-rotated",
    ]
    assert {(one.actor, one.reason, one.subject) for one in office.events} == {(ADMIN.name, MANDATE.reason, ID)}
    assert (created.at, created.details["role"]) == (moment(120), "administrator")
    assert changed.details["changed"] == "system, the secret of auth"
    assert rotated.details["version"] == "3"
    assert len({event.id for event in office.events}) == 3
    text = msgspec.json.encode(office.events).decode()
    assert created.details["endpoint"] == "https://cad.example"
    for secret in (given.signing, given.auth, issued.signing_secret, "in-the-url", *office.stored().sealed.values()):
        assert secret not in text


async def test_secrets_are_sealed_and_the_signing_secret_is_given_back_once(office: Office) -> None:
    issued = await office.create(GivenSecrets(auth=PASSWORD), auth=BASIC)
    assert issued.signing_secret.startswith("whsec_")
    assert office.opened(SecretName.SIGNING) == issued.signing_secret
    assert office.opened(SecretName.AUTH) == PASSWORD
    kept = msgspec.json.encode(office.stored()).decode()
    assert issued.signing_secret not in kept
    assert PASSWORD not in kept
    assert issued.signing_secret not in repr(issued)
    assert PASSWORD not in repr(GivenSecrets(auth=PASSWORD))


async def test_a_secret_that_the_receiver_has_already_is_taken(office: Office) -> None:
    given = new_secret()
    assert (await office.create(GivenSecrets(signing=given))).signing_secret == given
    with pytest.raises(SubscriptionRefusedError, match="signing secret"):
        await office.service.rotate_secret(ID, MANDATE, given="whsec_short")


async def test_while_a_secret_is_rotated_both_are_live(office: Office) -> None:
    first = (await office.create()).signing_secret
    second = (await office.service.rotate_secret(ID, MANDATE)).signing_secret
    assert office.sealer.open(office.stored()).signing == (second, first)
    await office.service.finish_rotation(ID, MANDATE)
    assert office.sealer.open(office.stored()).signing == (second,)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_an_administrator_takes_a_step(office: Office, role: Role) -> None:
    await office.create()
    refused = Mandate(Actor("Officer Lane", role), "why not")
    for step in steps(refused):
        with pytest.raises(SubscriptionRefusedError, match="no administrator"):
            await step(office.service)
    assert len(office.events) == 1


@pytest.mark.parametrize(
    ("mandate", "said"),
    [
        pytest.param(Mandate(Actor(" ", Role.ADMINISTRATOR), "why"), "give a name", id="nobody"),
        pytest.param(Mandate(ADMIN, " "), "say why", id="no-reason"),
    ],
)
async def test_a_step_names_who_takes_it_and_why(office: Office, mandate: Mandate, said: str) -> None:
    await office.create()
    for step in steps(mandate):
        with pytest.raises(SubscriptionRefusedError, match=said):
            await step(office.service)


def steps(mandate: Mandate) -> list[Callable[[SubscriptionService], Awaitable[object]]]:
    return [
        lambda service: service.create("other", build_subscription_terms(), GivenSecrets(), mandate),
        lambda service: service.change(ID, renamed("RMS"), mandate),
        lambda service: service.disable(ID, mandate),
        lambda service: service.enable(ID, mandate),
        lambda service: service.rotate_secret(ID, mandate),
        lambda service: service.finish_rotation(ID, mandate),
        lambda service: service.remove(ID, mandate),
    ]


async def test_what_is_not_on_record_does_not_happen(office: Office) -> None:
    await office.create()
    before = office.stored()
    office.audit_is_away = True
    for step in (steps(MANDATE)[number] for number in (0, 1, 2, 4, 6)):
        with pytest.raises(AuditLogError):
            await step(office.service)
    assert office.records.stored.keys() == {ID}
    assert office.stored() == before


async def test_what_is_refused_is_neither_on_record_nor_taken(office: Office) -> None:
    with pytest.raises(SubscriptionRefusedError, match="not a public address"):
        await office.create(url="https://169.254.169.254/latest/meta-data")
    await office.create()
    with pytest.raises(SubscriptionRefusedError, match="there is a subscription metro-cad already"):
        await office.create()
    with pytest.raises(SubscriptionRefusedError, match="camera's name"):
        await office.service.change(
            ID, lambda terms: msgspec.structs.replace(terms, choice=AlertChoice(cameras=("",))), MANDATE
        )
    assert [event.action for event in office.events] == ["subscription.created"]


async def test_terms_are_checked_with_the_secret_that_stays(office: Office) -> None:
    await office.create(GivenSecrets(auth=PASSWORD), auth=BASIC)
    changed = await office.service.change(ID, renamed("RMS"), MANDATE)
    assert office.opened(SecretName.AUTH) == PASSWORD
    assert changed.system == "RMS"
    header = EndpointAuth(kind=AuthKind.HEADER, header="X-Api-Key")
    with pytest.raises(SubscriptionRefusedError, match="lacks the key"):
        await office.service.change(ID, lambda terms: msgspec.structs.replace(terms, auth=header), MANDATE)


async def test_a_password_does_not_follow_the_url_to_another_host(office: Office) -> None:
    await office.create(GivenSecrets(auth=PASSWORD), auth=BASIC)
    with pytest.raises(SubscriptionRefusedError, match="give it again"):
        await office.service.change(
            ID, lambda terms: msgspec.structs.replace(terms, url="https://evil.example/"), MANDATE
        )


async def test_of_two_who_change_at_once_the_slower_is_told_so(office: Office) -> None:
    await office.create()

    def faster(_: Subscription) -> None:
        office.records.before_write = None
        office.records.put(msgspec.structs.replace(office.stored(), version=2, system="faster"))

    office.records.before_write = faster
    with pytest.raises(SubscriptionChangedError):
        await office.service.change(ID, renamed("slower"), MANDATE)
    assert office.stored().system == "faster"


async def test_of_many_who_make_the_same_id_one_does(office: Office) -> None:
    async def attempt() -> str:
        try:
            return (await office.create()).signing_secret
        except (SubscriptionChangedError, SubscriptionRefusedError):
            return ""

    secrets = list(filter(None, await asyncio.gather(*(attempt() for _ in range(8)))))
    assert secrets == [office.opened(SecretName.SIGNING)]


async def test_an_endpoint_that_is_gone_is_disabled_by_the_system(office: Office) -> None:
    served = (await office.create()).subscription
    await office.service.disable_gone(served, "answered 410 Gone")
    assert office.stored().disabled_because == "answered 410 Gone"
    assert (office.events[-1].actor, office.events[-1].details["role"]) == (SYSTEM.name, "system")
    await office.service.disable_gone(served, "answered 410 Gone")
    assert len(office.events) == 2


async def test_one_that_was_changed_since_it_said_gone_is_left_as_it_is(office: Office) -> None:
    served = (await office.create()).subscription
    await office.service.change(ID, renamed("RMS"), MANDATE)
    await office.service.disable_gone(served, "answered 410 Gone")
    assert office.stored().disabled_because == ""
    await office.service.remove(ID, MANDATE)
    await office.service.disable_gone(office.stored(), "answered 410 Gone")
    await office.service.disable_gone(build_subscription(id="never-was"), "answered 410 Gone")
    assert [event.action for event in office.events][-1] == "subscription.removed"


async def test_one_that_is_changed_while_it_is_disabled_as_gone_is_left_as_it_is(office: Office) -> None:
    served = (await office.create()).subscription

    def faster(_: Subscription) -> None:
        office.records.before_write = None
        office.records.put(msgspec.structs.replace(served, version=2, url="https://new.example/"))

    office.records.before_write = faster
    await office.service.disable_gone(served, "answered 410 Gone")
    assert (office.stored().url, office.stored().disabled_because) == ("https://new.example/", "")


async def test_what_is_enabled_must_still_be_allowed(office: Office) -> None:
    await office.create()
    disabled = await office.service.disable(ID, MANDATE)
    office.records.put(msgspec.structs.replace(disabled, url="http://cad.example/"))
    with pytest.raises(SubscriptionRefusedError, match=r"delivery\.schemes"):
        await office.service.enable(ID, MANDATE)


async def test_what_is_removed_is_gone_but_for_its_versions_and_its_id_can_be_taken_again(office: Office) -> None:
    await office.create()
    await office.service.remove(ID, MANDATE)
    with pytest.raises(NoSuchSubscriptionError):
        await office.service.get(ID)
    assert (await office.service.all()).readable == ()
    assert office.stored().sealed == {}
    again = await office.create()
    assert again.subscription.version == 3
    assert [one.removed for one in await office.service.versions(ID)] == [False, True, False]


async def test_without_a_sealing_key_nothing_is_made_and_the_message_says_what_to_do() -> None:
    office = Office(DeliverySettings())
    with pytest.raises(NoSealingKeyError, match="platewatch webhook key"):
        await office.create()
    assert office.events == []


async def test_a_secret_of_a_lost_key_can_be_given_again() -> None:
    before = Office()
    await before.create(GivenSecrets(auth=PASSWORD), auth=BASIC)
    after = Office(DeliverySettings(sealing_key=SecretStr(new_sealing_key())))
    after.records.put(before.stored())
    await after.service.change(ID, lambda terms: terms, MANDATE, auth_secret="another one")
    assert after.opened(SecretName.AUTH) == "another one"
