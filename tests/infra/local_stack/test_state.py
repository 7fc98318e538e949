"""What a stack remembers: kept as written, and refused when damaged or of another version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local_stack.addresses import Security
from infra.local_stack.errors import StackStateError
from infra.local_stack.ports import StackPorts
from infra.local_stack.state import FORMAT, load_state, new_state, save_state

PORTS = StackPorts(kafka=1, kafka_controller=2, elasticsearch=3, elasticsearch_transport=4, redis=5)


def test_a_state_is_kept_as_written(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    assert load_state(path) is None
    state = new_state(Security.SECURED, PORTS)
    save_state(path, state)
    assert load_state(path) == state


def test_a_cluster_id_is_what_kafka_takes() -> None:
    ids = {new_state(Security.PLAIN, PORTS).cluster_id for _ in range(300)}
    assert len(ids) == 300
    assert {len(cluster_id) for cluster_id in ids} == {22}
    assert not any(cluster_id.startswith("-") for cluster_id in ids)


def test_a_state_of_another_version_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps({"format": FORMAT + 1, "whatever": "it holds"}))
    with pytest.raises(StackStateError, match=rf"format {FORMAT + 1}.*knows format {FORMAT}.*stack reset"):
        load_state(path)


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"format": 1, "ports": {}, "security": "plain"}'])
def test_a_damaged_state_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(content)
    with pytest.raises(StackStateError, match=r"is damaged: run `platewatch stack reset`"):
        load_state(path)
