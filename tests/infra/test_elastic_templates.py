from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.elastic_templates import Lifecycle, policy, template
from infra.settings.pipeline import RetentionSettings
from infra.settings.services import ElasticsearchSettings
from streams.documents import INDEX_PREFIX, index_of


@pytest.mark.policy("KY-N.3")
@pytest.mark.parametrize("limit_h", [24, 168, 720])
def test_the_policy_deletes_a_day_before_its_first_document_reaches_the_limit(limit_h: int) -> None:
    phases = policy(RetentionSettings(limit_h=limit_h))["policy"]["phases"]
    assert "delete" in phases["delete"]["actions"]
    hours = int(phases["delete"]["min_age"].removesuffix("h"))
    assert timedelta(hours=hours) < timedelta(hours=limit_h)


@pytest.mark.policy("KY-N.3")
def test_by_default_a_day_goes_after_719_hours() -> None:
    assert policy(RetentionSettings())["policy"]["phases"]["delete"]["min_age"] == "719h"


def test_the_template_covers_the_daily_indices_and_guesses_no_field() -> None:
    body = template(ElasticsearchSettings(), Lifecycle.BY_POLICY)
    assert body["index_patterns"] == [f"{INDEX_PREFIX}*"]
    assert index_of(datetime.now(UTC)).startswith(INDEX_PREFIX)
    assert body["template"]["mappings"]["dynamic"] == "strict"


@pytest.mark.parametrize("lifecycle", list(Lifecycle))
def test_only_a_cluster_with_a_lifecycle_service_is_given_lifecycle_settings(lifecycle: Lifecycle) -> None:
    settings = template(ElasticsearchSettings(shards=3, replicas=1), lifecycle)["template"]["settings"]
    named = {name for name in settings if "lifecycle" in name}
    assert bool(named) is (lifecycle is Lifecycle.BY_POLICY)
    assert (settings["index.number_of_shards"], settings["index.number_of_replicas"]) == (3, 1)


@pytest.mark.policy("KY-N.3")
def test_age_counts_from_the_day_in_the_name() -> None:
    settings = template(ElasticsearchSettings(), Lifecycle.BY_POLICY)["template"]["settings"]
    assert settings["index.lifecycle.parse_origination_date"] is True
