"""The generated pages: current, complete, and true of what really goes over the wire."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are a package of their own
from typer.testing import CliRunner

from infra.cli.docs import docs_app
from infra.reference_docs import reference_files, stale_files
from infra.reference_docs.asyncapi import PARTIES, asyncapi_document
from infra.reference_docs.metrics_page import declared_metrics, label_names, metrics_page
from infra.reference_docs.record_schemas import frame_headers_schema, record_schema, record_types
from infra.reference_docs.settings_page import VARIABLES, settings_page
from infra.settings import Settings
from infra.settings.load import OTHER_VARIABLES
from infra.settings.workers import WorkerName
from streams.codec import encode, frame_headers
from streams.records import (
    AuditEvent,
    CameraState,
    CameraStatus,
    ChangeKind,
    HotlistChange,
    Record,
    Redrive,
    TopicName,
)
from streams.topics import all_topics
from tests.builders import (
    build_alert,
    build_dead_letter,
    build_detection,
    build_entry,
    build_frame,
    build_hit,
    build_match,
    moment,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

SAMPLES: tuple[Record, ...] = (
    build_detection(),
    build_entry(valid_from=moment()),
    HotlistChange(kind=ChangeKind.ADDED, entry=build_entry(), at=moment(), by="somebody"),
    build_match(),
    build_hit(),
    build_alert(),
    CameraStatus(camera="gate", at=moment(), state=CameraState.LIVE),
    AuditEvent(
        id="1",
        at=moment(),
        actor="somebody",
        action="search",
        subject="ABC123",
        terminal="desk",
        details={"camera": "g"},
    ),
    build_dead_letter(),
    Redrive(subscription="metro-cad", alert=build_alert(), at=moment(), by="somebody"),
)

FIELDS = {
    "document": {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"},
    "server": {
        *("host", "pathname", "title", "summary", "description", "protocol", "protocolVersion", "variables"),
        *("security", "tags", "externalDocs", "bindings"),
    },
    "channel": {
        *("address", "title", "summary", "description", "servers", "parameters", "tags", "externalDocs"),
        *("messages", "bindings"),
    },
    "operation": {
        *("action", "channel", "title", "summary", "description", "security", "tags", "externalDocs", "bindings"),
        *("traits", "messages", "reply"),
    },
    "message": {
        *("headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags"),
        *("externalDocs", "bindings", "examples", "traits"),
    },
}
"""What AsyncAPI 3.0 lets stand in each object; beyond it only extensions, whose names begin with x-."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return loaded


def test_pages_are_what_the_code_gives() -> None:
    stale = [str(path.relative_to(ROOT)) for path in stale_files(DOCS, reference_files())]
    assert not stale, f"run `platewatch docs write`; stale: {stale}"


def test_pages_do_not_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reference_files()
    monkeypatch.setenv("PLATEWATCH_KAFKA__PARTITIONS", "64")
    assert reference_files() == before


def test_check_names_the_stale_file_and_the_command(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(docs_app, ["write", "--docs", str(tmp_path)]).exit_code == 0
    assert runner.invoke(docs_app, ["check", "--docs", str(tmp_path)]).exit_code == 0
    (tmp_path / "metrics.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "schemas" / "gone.json").write_text("{}", encoding="utf-8")
    result = runner.invoke(docs_app, ["check", "--docs", str(tmp_path)])
    assert result.exit_code == 2
    assert "metrics.md" in result.output
    assert "gone.json" in result.output
    assert "platewatch docs write" in result.output


def test_write_mends_what_check_found(tmp_path: Path) -> None:
    runner = CliRunner()
    runner.invoke(docs_app, ["write", "--docs", str(tmp_path)])
    (tmp_path / "schemas" / "gone.json").write_text("{}", encoding="utf-8")
    (tmp_path / "settings.md").unlink()
    runner.invoke(docs_app, ["write", "--docs", str(tmp_path)])
    assert runner.invoke(docs_app, ["check", "--docs", str(tmp_path)]).exit_code == 0


def test_every_record_has_a_sample_here() -> None:
    assert {type(sample) for sample in SAMPLES} == set(record_types())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_a_record_as_it_is_sent_fits_its_schema(sample: Record) -> None:
    schema = record_schema(type(sample))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(encode(sample)))


@pytest.mark.parametrize("record_type", record_types(), ids=lambda record_type: record_type.__name__)
def test_a_record_without_its_first_required_field_does_not_fit(record_type: type[Record]) -> None:
    sample = next(sample for sample in SAMPLES if type(sample) is record_type)
    content = json.loads(encode(sample))
    schema = record_schema(record_type)
    del content[schema["required"][0]]
    assert not Draft202012Validator(schema).is_valid(content)


def test_field_docstrings_are_descriptions() -> None:
    properties = record_schema(type(build_detection()))["properties"]
    assert properties["plate"]["description"] == "As read: upper case, letters and digits only; never folded."


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(build_frame(), id="with-place"),
        pytest.param(build_frame(location=None, clock_offset_ms=-1e-07), id="without-place-and-tiny-offset"),
    ],
)
def test_frame_headers_as_they_are_sent_fit_their_schema(frame: Any) -> None:
    schema = frame_headers_schema()
    Draft202012Validator.check_schema(schema)
    sent = {name: value.decode() for name, value in frame_headers(frame)}
    Draft202012Validator(schema).validate(sent)
    assert sent.keys() <= schema["properties"].keys()


def test_every_topic_has_a_channel_with_its_own_retention(document: dict[str, Any]) -> None:
    topics = {str(topic.name): topic for topic in all_topics(Settings.model_construct())}
    assert document["channels"].keys() == topics.keys()
    for name, topic in topics.items():
        binding = document["channels"][name]["bindings"]["kafka"]
        assert binding["partitions"] == topic.partitions
        assert str(binding["topicConfiguration"]["retention.ms"]) == topic.config()["retention.ms"]
        assert ",".join(binding["topicConfiguration"]["cleanup.policy"]) == topic.config()["cleanup.policy"]


def test_document_has_what_asyncapi_requires(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert document["info"].keys() >= {"title", "version"}
    _check_fields("document", document)
    for server in document["servers"].values():
        _check_fields("server", server)
        assert server.keys() >= {"host", "protocol"}
    for channel in document["channels"].values():
        _check_fields("channel", channel)
    for operation in document["operations"].values():
        _check_fields("operation", operation)
        assert operation.keys() >= {"action", "channel"}
        assert operation["action"] in {"send", "receive"}
        for message in operation["messages"]:
            # AsyncAPI: an operation's messages are references into its own channel.
            assert message["$ref"].startswith(f"{operation['channel']['$ref']}/messages/")
    for message in document["components"]["messages"].values():
        _check_fields("message", message)


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in _references(document):
        if reference.startswith("#/"):
            target = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
        else:
            assert (DOCS / reference).is_file(), reference


def test_document_tells_of_each_worker_what_its_agent_does() -> None:
    told = {party.name: (set(party.receives), set(party.sends)) for party in PARTIES}
    for worker in WorkerName:
        assert told[worker] == _wired(ROOT / "streams" / "agents" / f"{worker}.py"), worker


def test_topics_that_nobody_uses_say_so() -> None:
    channels = asyncapi_document()["channels"]
    used = {operation["channel"]["$ref"].removeprefix("#/channels/") for operation in _operations()}
    for name, channel in channels.items():
        assert ("nothing writes or reads it yet" in channel["description"]) == (name not in used), name


def test_settings_page_names_every_setting_and_variable() -> None:
    page = settings_page()
    for area, content in Settings.model_construct().model_dump().items():
        for name in content if isinstance(content, dict) else ():
            assert f"`{area}.{name}`" in page
            assert f"`PLATEWATCH_{area.upper()}__{name.upper()}`" in page
    assert VARIABLES.keys() == OTHER_VARIABLES


def test_settings_page_describes_every_setting() -> None:
    rows = [line.split(" | ") for line in settings_page().splitlines() if line.startswith("| `")]
    assert [cells[0] for cells in rows if not all((cells[0], cells[1]))] == []
    assert [cells[0] for cells in rows if len(cells) > 2 and not cells[4].strip()] == []


def test_metrics_page_names_every_metric_with_its_labels() -> None:
    page = metrics_page()
    assert len(declared_metrics()) == sum(line.startswith("| `platewatch_") for line in page.splitlines())
    for metric in declared_metrics():
        (family,) = metric.describe()
        line = next(line for line in page.splitlines() if line.startswith(f"| `{family.name}"))
        assert all(f"`{label}`" in line for label in label_names(metric))


def _check_fields(kind: str, content: dict[str, Any]) -> None:
    strange = {name for name in content if not name.startswith("x-")} - FIELDS[kind]
    assert not strange, f"AsyncAPI knows no {strange} in a {kind}"


def _references(content: Any) -> list[str]:
    if isinstance(content, dict):
        own = [content["$ref"]] if "$ref" in content else []
        return own + [found for value in content.values() for found in _references(value)]
    return [found for value in content for found in _references(value)] if isinstance(content, list) else []


def _operations() -> list[dict[str, Any]]:
    return list(asyncapi_document()["operations"].values())


def _wired(agent: Path) -> tuple[set[TopicName], set[TopicName]]:
    """What the agent's source takes from and sends to: its `app.agent(…)` reads, every other `topic(…)` is a target."""
    module = ast.parse(agent.read_text(encoding="utf-8"))
    reads = {
        name
        for node in ast.walk(module)
        if isinstance(node, ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        for name in _topic_names(decorator)
    }
    return reads, {*_topic_names(module), TopicName.DEAD_LETTERS} - reads


def _topic_names(tree: ast.AST) -> set[TopicName]:
    return {
        TopicName[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "TopicName"
    }


def test_records_are_msgspec_structs_with_a_docstring() -> None:
    for record_type in record_types():
        assert issubclass(record_type, msgspec.Struct)
        assert record_schema(record_type)["description"]
