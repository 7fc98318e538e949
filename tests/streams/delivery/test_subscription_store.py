from __future__ import annotations

from infra.subscription_fields import mappings
from streams.delivery.subscription_store import subscription_document
from tests.builders import build_subscription


def test_every_field_of_a_document_is_declared_and_every_declared_field_is_written() -> None:
    assert set(subscription_document(build_subscription(), removed=False)) == set(mappings()["properties"])
