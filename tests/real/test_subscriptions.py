"""Subscriptions on real Elasticsearch and Kafka: kept, changed by one at a time, on record, watched, and tried out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from dashboards.subscription_service import GivenSecrets, SubscriptionService, open_subscriptions
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.subscription_fields import INDEX, VERSIONS_INDEX
from streams.clients import build_elasticsearch
from streams.codec import decode
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.sealing import Sealer, new_sealing_key
from streams.delivery.subscription import AlertChoice, AuthKind, EndpointAuth, SecretName, Subscription
from streams.delivery.subscription_store import (
    NoSuchSubscriptionError,
    SubscriptionChangedError,
    SubscriptionStore,
    subscription_document,
)
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.delivery.subscription_watch import SubscriptionChanges, SubscriptionWatch
from streams.faults import ServiceAwayError, StreamError
from streams.records import AuditEvent, TopicName
from tests.builders import build_subscription
from tests.subscription_builders import MANDATE, build_subscription_terms
from tests.topic_reading import values_of
from tests.worker_process import settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

_PREFIX = "kept-test-"
PASSWORD = "hunter2 hunter2"
BASIC = EndpointAuth(kind=AuthKind.BASIC, username="pw")


@dataclass(frozen=True, slots=True)
class Installation:
    file: Path
    settings: Settings


@pytest.fixture(scope="module")
def installation(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    delivery = {
        "sealing_key": new_sealing_key(),
        "schemes": ["https", "http", "mqtts"],
        "private_networks": ["127.0.0.0/8"],
    }
    file, settings = settings_beside(stack, tmp_path_factory.mktemp("subscriptions"), 27170, delivery=delivery)
    initialise(settings)
    return Installation(file, settings)


@pytest.fixture
async def service(installation: Installation) -> AsyncIterator[SubscriptionService]:
    async with open_subscriptions(installation.settings) as opened:
        yield opened
        # Workers of other tests would serve what is left.
        for stored in (await opened.all()).readable:
            if stored.subscription.id.startswith(_PREFIX):
                await opened.remove(stored.subscription.id, MANDATE)


@pytest.fixture
async def store(installation: Installation) -> AsyncIterator[SubscriptionStore]:
    async with open_store(installation.settings) as opened:
        yield opened


@asynccontextmanager
async def open_store(settings: Settings, **indices: str) -> AsyncIterator[SubscriptionStore]:
    client = build_elasticsearch(settings.elasticsearch)
    try:
        yield SubscriptionStore(client, **indices)
    finally:
        await client.close()


def fresh_id() -> str:
    """One that no other test has."""
    return f"{_PREFIX}{uuid4().hex[:12]}"


async def create(service: SubscriptionService, secrets: GivenSecrets | None = None, **terms: Any) -> Subscription:
    issued = await service.create(fresh_id(), build_subscription_terms(**terms), secrets or GivenSecrets(), MANDATE)
    return issued.subscription


def renamed(system: str) -> Callable[[SubscriptionTerms], SubscriptionTerms]:
    return lambda terms: msgspec.structs.replace(terms, system=system)


def audited(settings: Settings, subscription_id: str) -> list[AuditEvent]:
    values = values_of(settings.kafka, TopicName.AUDIT, None)
    events = [decode(AuditEvent, value).record for value in values if value is not None]
    return [event for event in events if event.subject == subscription_id]


async def test_a_subscription_lives_from_its_creation_to_its_removal_and_each_version_stays_readable(
    service: SubscriptionService, installation: Installation
) -> None:
    choice = AlertChoice(cameras=("north-*",), least_urgent=2)
    made = await create(service, GivenSecrets(auth=PASSWORD), choice=choice, auth=BASIC)
    assert await service.get(made.id) == made
    await service.change(made.id, renamed("RMS"), MANDATE)
    rotated = await service.rotate_secret(made.id, MANDATE)
    sealer = Sealer(installation.settings.delivery)
    assert sealer.open(rotated.subscription).signing[0] == rotated.signing_secret
    assert len(sealer.open(await service.get(made.id)).signing) == 2
    await service.finish_rotation(made.id, MANDATE)
    await service.disable(made.id, MANDATE)
    assert (await service.get(made.id)).disabled_because == MANDATE.reason
    await service.enable(made.id, MANDATE)
    await service.remove(made.id, MANDATE)
    with pytest.raises(NoSuchSubscriptionError):
        await service.get(made.id)
    versions = await service.versions(made.id)
    assert [one.subscription.version for one in versions] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.subscription.system for one in versions][:2] == ["CAD", "RMS"]
    assert [one.removed for one in versions] == [False] * 6 + [True]
    assert all(one.subscription.sealed == {} for one in versions)


async def test_each_step_is_in_the_audit_log_without_secrets(
    service: SubscriptionService, installation: Installation
) -> None:
    made = await create(service, GivenSecrets(auth=PASSWORD), auth=BASIC)
    issued = await service.rotate_secret(made.id, MANDATE)
    await service.disable_gone(issued.subscription, "answered 410 Gone")
    await service.remove(made.id, MANDATE)
    events = audited(installation.settings, made.id)
    assert [(event.action, event.actor) for event in events] == [
        ("subscription.created", "A. Admin"),
        ("subscription.secret-rotated", "A. Admin"),
        ("subscription.disabled", "platewatch"),
        ("subscription.removed", "A. Admin"),
    ]
    text = msgspec.json.encode(events).decode()
    assert PASSWORD not in text
    assert issued.signing_secret not in text


async def test_no_secret_stands_in_elasticsearch_and_removed_ones_not_even_sealed(
    service: SubscriptionService, installation: Installation
) -> None:
    made = await create(service, GivenSecrets(auth=PASSWORD), auth=BASIC)
    issued = await service.rotate_secret(made.id, MANDATE)
    sealed = [*made.sealed.values(), *issued.subscription.sealed.values()]
    client = build_elasticsearch(installation.settings.elasticsearch)
    try:
        present = await client.get(index=INDEX, id=made.id)
        kept = await client.search(index=VERSIONS_INDEX, query={"term": {"id": made.id}})
        await service.remove(made.id, MANDATE)
        last = await client.get(index=INDEX, id=made.id)
    finally:
        await client.close()
    for secret in (PASSWORD, issued.signing_secret):
        assert secret not in str(present) + str(kept)
    assert issued.subscription.sealed[SecretName.AUTH] in str(present)
    for text in sealed:
        assert text not in str(kept) + str(last)


async def test_of_many_who_change_at_once_one_does_and_no_version_is_lost(service: SubscriptionService) -> None:
    made = await create(service)
    outcomes = await asyncio.gather(
        *(service.change(made.id, renamed(f"system {number}"), MANDATE) for number in range(6)), return_exceptions=True
    )
    refused = [type(one) for one in outcomes if isinstance(one, Exception)]
    changed = [one for one in outcomes if isinstance(one, Subscription)]
    assert refused == [SubscriptionChangedError] * 5
    assert changed == [await service.get(made.id)]
    assert [one.subscription.version for one in await service.versions(made.id)] == [1, 2]


async def test_of_many_who_make_one_id_one_does(service: SubscriptionService) -> None:
    subscription_id, terms = fresh_id(), build_subscription_terms()
    outcomes = await asyncio.gather(
        *(service.create(subscription_id, terms, GivenSecrets(), MANDATE) for _ in range(4)), return_exceptions=True
    )
    assert len([one for one in outcomes if not isinstance(one, Exception)]) == 1
    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {
        SubscriptionChangedError,
        SubscriptionRefusedError,
    }


async def test_an_id_that_was_removed_can_be_taken_again(service: SubscriptionService) -> None:
    made = await create(service)
    await service.remove(made.id, MANDATE)
    await service.create(made.id, build_subscription_terms(system="new"), GivenSecrets(), MANDATE)
    versions = await service.versions(made.id)
    assert [(one.subscription.version, one.removed) for one in versions] == [(1, False), (2, True), (3, False)]


async def test_a_watch_sees_each_change_by_its_next_reading(
    service: SubscriptionService, store: SubscriptionStore
) -> None:
    told: list[SubscriptionChanges] = []

    async def take(changes: SubscriptionChanges) -> None:
        told.append(changes)

    watch = SubscriptionWatch(store, 1.0, take)
    await watch.refresh()
    assert watch.ready
    made = await create(service)
    await watch.refresh()
    disabled = await service.disable(made.id, MANDATE)
    await watch.refresh()
    await service.remove(made.id, MANDATE)
    await watch.refresh()
    await watch.refresh()
    assert told[1:] == [
        SubscriptionChanges(added=(made,)),
        SubscriptionChanges(changed=(disabled,)),
        SubscriptionChanges(removed=(disabled,)),
    ]


async def test_a_document_of_a_newer_version_is_told_and_holds_up_no_other(
    service: SubscriptionService, store: SubscriptionStore, installation: Installation
) -> None:
    made, newer = await create(service), await create(service)
    client = build_elasticsearch(installation.settings.elasticsearch)
    try:
        change = {"subscription": {"schema_version": 99}}
        await client.update(index=INDEX, id=newer.id, doc=change, refresh=True)
        listing = await store.all()
        assert made in [stored.subscription for stored in listing.readable]
        assert "written by a newer version" in listing.unreadable[newer.id]
        with pytest.raises(StreamError, match="newer version"):
            await store.get(newer.id)
    finally:
        await client.delete(index=INDEX, id=newer.id, refresh=True)
        await client.close()


async def test_more_subscriptions_than_fit_on_a_page_are_all_found(installation: Installation) -> None:
    client = build_elasticsearch(installation.settings.elasticsearch)
    index = f"subscriptions-{uuid4().hex[:8]}"
    mappings = (await client.indices.get_mapping(index=INDEX))[INDEX]["mappings"]
    await client.indices.create(index=index, mappings=mappings)
    try:
        async with open_store(installation.settings, index=index) as store:
            some = [build_subscription(id=f"s-{number:04}") for number in range(501)]
            documents = [
                entry
                for one in some
                for entry in ({"index": {"_id": one.id}}, subscription_document(one, removed=False))
            ]
            await client.bulk(index=index, operations=documents, refresh=True)
            assert [stored.subscription.id for stored in (await store.all()).readable] == [one.id for one in some]
    finally:
        await client.indices.delete(index=index)
        await client.close()


async def test_services_that_are_away_or_not_set_up_are_told(installation: Installation) -> None:
    async with open_store(installation.settings, index="never-made") as store:
        with pytest.raises(StreamError, match="run `platewatch init`"):
            await store.all()
    url = {"url": "http://127.0.0.1:9"}
    away = installation.settings.model_copy(
        update={"elasticsearch": installation.settings.elasticsearch.model_copy(update=url)}
    )
    async with open_store(away) as store:
        for reading in (store.all(), store.get("metro-cad"), store.versions("metro-cad")):
            with pytest.raises(ServiceAwayError):
                await reading
