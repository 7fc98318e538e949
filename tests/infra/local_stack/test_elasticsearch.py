"""Elasticsearch's files and command, plain and secured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import yaml

from infra.local_stack.certificates import make_server_certificate
from infra.local_stack.elasticsearch import ElasticsearchSpec, ElasticsearchTls, plan
from infra.local_stack.launch import LaunchPlan


def build_spec(*, home: Path = Path("/stack/elasticsearch"), tls: ElasticsearchTls | None = None) -> ElasticsearchSpec:
    return ElasticsearchSpec(home, Path("/es"), Path("/jre"), port=9200, transport_port=9300, tls=tls)


def content(launch_plan: LaunchPlan, path: str) -> str:
    return next(file.content for file in launch_plan.files if file.path == path)


def settings(launch_plan: LaunchPlan) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(content(launch_plan, "config/elasticsearch.yml"))
    return loaded


@pytest.mark.parametrize("home", ["/stack/elasticsearch", "/home/ann: #1/my stack"])
def test_data_and_logs_are_in_the_home_folder_whatever_its_name(home: str) -> None:
    configured = settings(plan(build_spec(home=Path(home))))
    assert (configured["path.data"], configured["path.logs"]) == (f"{home}/data", f"{home}/logs")


def test_a_plain_elasticsearch_is_on_the_loopback_interface_and_open() -> None:
    configured = settings(plan(build_spec()))
    assert (configured["network.host"], configured["http.port"]) == ("127.0.0.1", 9200)
    assert configured["xpack.security.enabled"] is False


def test_a_nearly_full_disk_and_a_small_heap_do_not_stop_writes() -> None:
    configured = settings(plan(build_spec()))
    assert configured["cluster.routing.allocation.disk.threshold_enabled"] is False
    assert configured["indices.breaker.total.use_real_memory"] is False


def test_java_gets_no_module_that_the_packaged_runtime_lacks() -> None:
    options = content(plan(build_spec()), "config/jvm.options").splitlines()
    assert "-Xmx384m" in options
    assert not any("incubator" in option for option in options)


def test_a_secured_elasticsearch_has_tls_and_one_user_whose_password_is_hashed() -> None:
    tls = ElasticsearchTls(make_server_certificate(datetime(2026, 1, 1, tzinfo=UTC)), "the-password")
    launch_plan = plan(build_spec(tls=tls))
    assert settings(launch_plan)["xpack.security.http.ssl.enabled"] is True
    name, digest = content(launch_plan, "config/users").strip().split(":", 1)
    assert name == "platewatch"
    assert digest.startswith("$2a$")
    assert bcrypt.checkpw(b"the-password", digest.encode())
    assert not any("the-password" in file.content for file in launch_plan.files)
