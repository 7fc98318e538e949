from __future__ import annotations

import json
import logging
import os
import traceback
from pathlib import Path

import pytest

from infra.settings import Settings, SettingsError, load_settings
from infra.settings.load import settings_files
from infra.settings.workers import WorkerName, WorkerSettings

SECRET = "hunter2-hunter2-hunter2"
SEALING = "c2VjcmV0LW9mLWV4YWN0bHktMzItYnl0ZXMtaGVyZSE="


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder and none of our variables."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PLATEWATCH_"):
            monkeypatch.delenv(name)


def write(text: str, name: str = "platewatch.yaml") -> Path:
    path = Path(name).absolute()
    path.write_text(text, encoding="utf-8")
    return path


def refusal(*files: Path) -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings(*files)
    message = str(raised.value)
    assert "\n" not in message
    told = "".join(traceback.format_exception(raised.value))
    assert SECRET not in told, "a traceback would print the secret"
    return message


def test_without_any_file_the_defaults_hold() -> None:
    assert load_settings().kafka.bootstrap == "127.0.0.1:9092"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("kafak: {}", "'kafak' is not a setting; did you mean 'kafka'?", id="area"),
        pytest.param(
            "kafka: {bootstrp: a:1}",
            "'kafka.bootstrp' is not a setting; did you mean 'kafka.bootstrap'?",
            id="key-of-an-area",
        ),
        pytest.param(
            "cameras: [{name: a, source: b, max_fsp: 3}]",
            "'cameras.0.max_fsp' is not a setting; did you mean 'cameras.0.max_fps'?",
            id="key-of-a-camera",
        ),
        pytest.param(
            "cameras: [{name: a, source: b, location: {lat: 1, lng: 2}}]",
            "did you mean 'cameras.0.location.lon'?",
            id="key-of-a-camera-s-place",
        ),
        pytest.param("kafka: {xxxxxxx: 1}", "known here: kafka.", id="nothing-is-near"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_right_name(text: str, expected: str) -> None:
    assert expected in refusal(write(text))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("PLATEWATCH_KAFAK__BOOTSTRAP", "did you mean 'PLATEWATCH_KAFKA'?", id="area"),
        pytest.param("PLATEWATCH_KAFKA__BOOTSTRP", "did you mean 'kafka.bootstrap'?", id="key"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_right_name(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert expected in refusal()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("kafka:\n  bootstrap: [1, 2\nredis: {}\n", ", line 3, column ", id="bracket-left-open"),
        pytest.param("kafka:\n\tbootstrap: a\n", ", line 2, column 1", id="tab"),
        pytest.param("- kafka\n", "holds list, not areas with keys", id="a-list"),
        pytest.param("kafka: 3\n", "kafka: ", id="a-number-for-an-area"),
        pytest.param("kafka: {partitions: many}\n", "kafka.partitions: ", id="wrong-type"),
        pytest.param("kafka: {partitions: 0}\n", "kafka.partitions: ", id="out-of-bounds"),
        pytest.param("cameras: [{name: a, source: b}, {name: a, source: c}]", "'a' stands twice", id="camera-twice"),
        pytest.param("cameras: [{name: a b, source: b}]", "cameras.0.name: ", id="camera-with-a-bad-name"),
        pytest.param("delivery: {private_networks: ['10.20']}", "write it as 10.20.0.0/16", id="no-network"),
        pytest.param("alerts: {priorities: {amber: 0}}", "outside of 1 to 5", id="priority-out-of-range"),
        pytest.param("kafka: {security: sasl_ssl}", "username and password_file must be set", id="sasl-without-user"),
        pytest.param("redis: {url: 'http://a'}", "redis.url: ", id="redis-over-http"),
        pytest.param("retention: {limit_h: 23}", "retention.limit_h: ", id="shorter-than-the-day-of-an-index"),
        pytest.param("retention: {limit_h: 721}", "retention.limit_h: ", id="longer-than-thirty-days"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence_that_names_file_and_place(text: str, expected: str) -> None:
    path = write(text)
    message = refusal(path)
    assert expected in message
    assert str(path) in message


def test_a_file_that_is_not_there_or_is_no_text_is_refused() -> None:
    assert "cannot be read (No such file or directory)" in refusal(Path("missing.yaml"))
    Path("picture.yaml").write_bytes(b"\xff\xd8\xff")
    assert "is not UTF-8 text" in refusal(Path("picture.yaml"))


def test_an_empty_file_changes_nothing() -> None:
    assert load_settings(write("")).model_dump() == Settings().model_dump()


def test_later_files_win_and_leave_the_rest_as_it_was() -> None:
    first = write("kafka: {bootstrap: 'a:1', partitions: 8}", "first.yaml")
    second = write("kafka: {bootstrap: 'b:2'}", "second.yaml")
    kafka = load_settings(first, second).kafka
    assert (kafka.bootstrap, kafka.partitions) == ("b:2", 8)


def test_the_environment_wins_over_the_file_and_leaves_the_rest_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("kafka: {bootstrap: 'a:1', partitions: 8}")
    monkeypatch.setenv("PLATEWATCH_KAFKA__BOOTSTRAP", "c:3")
    kafka = load_settings(path).kafka
    assert (kafka.bootstrap, kafka.partitions) == ("c:3", 8)


def test_a_structured_variable_that_is_no_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATEWATCH_CAMERAS", "[{")
    assert "give a structured value as JSON" in refusal()


def test_files_are_those_given_then_those_of_the_variable_then_the_default_ones() -> None:
    given, named = Path("given.yaml"), os.pathsep.join(("a.yaml", "b.yaml"))
    assert settings_files({"PLATEWATCH_SETTINGS": named}, [given]) == (given,)
    assert settings_files({"PLATEWATCH_SETTINGS": named}) == (Path("a.yaml"), Path("b.yaml"))
    assert settings_files({}) == ()
    write("")
    assert settings_files({}) == (Path("platewatch.yaml"),)


def test_a_secret_file_is_read_and_its_line_end_is_no_part_of_the_secret() -> None:
    write(f"{SECRET}\n", "secret")
    settings = load_settings(write("redis: {username: u, password_file: secret}"))
    assert settings.redis.secret == SECRET


@pytest.mark.parametrize("area", ["redis", "kafka", "elasticsearch"])
def test_a_secret_file_named_by_the_environment_is_read_too(area: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(SECRET, "secret")
    monkeypatch.setenv(f"PLATEWATCH_{area.upper()}__PASSWORD_FILE", "secret")
    assert getattr(load_settings(), area).secret == SECRET


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(None, "password_file secret cannot be read (No such file or directory)", id="missing"),
        pytest.param(b"", "password_file secret is empty", id="empty"),
        pytest.param(b" \n", "password_file secret is empty", id="blank"),
        pytest.param(b"\xff\xfe" + SECRET.encode(), "password_file secret is not UTF-8 text", id="no-text"),
    ],
)
def test_a_secret_file_that_holds_no_secret_is_refused(content: bytes | None, expected: str) -> None:
    if content is not None:
        Path("secret").write_bytes(content)
    assert expected in refusal(write("redis: {password_file: secret}"))


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(SECRET, id="no-base64"),
        pytest.param("c2hvcnQ=", id="too-short"),
        pytest.param("QUFB" * 30, id="too-long"),
    ],
)
def test_a_key_that_seals_nothing_is_refused_and_not_told(secret: str) -> None:
    message = refusal(write(f"delivery: {{sealing_key: '{secret}'}}"))
    assert "sealing_key must be 32 bytes in base64" in message


@pytest.mark.parametrize("content", ["[]", "{oops: 1}"])
def test_a_refused_structure_around_a_secret_does_not_tell_it(content: str) -> None:
    refusal(write(f"redis: {{password: {SECRET}, username: {content}}}"))


def secretive() -> Settings:
    write(SECRET, "secret")
    write(SEALING, "sealing")
    areas = "".join(f"{area}: {{username: u, password_file: secret}}\n" for area in ("kafka", "redis", "elasticsearch"))
    return load_settings(write(areas + "delivery: {sealing_key_file: sealing}\n"))


def test_no_secret_is_ever_printed(caplog: pytest.LogCaptureFixture) -> None:
    settings = secretive()
    assert settings.delivery.sealing_key is not None
    assert settings.delivery.sealing_key.get_secret_value() == SEALING
    with caplog.at_level(logging.DEBUG):
        logging.getLogger(__name__).info("settings %s %r", settings, settings.delivery)
    shown = [str(settings), repr(settings), settings.model_dump_json(), str(settings.model_dump()), caplog.text]
    for text in shown:
        assert SECRET not in text
        assert SEALING not in text


def test_settings_cannot_be_changed() -> None:
    settings = load_settings()
    for model in (settings, settings.kafka):
        with pytest.raises(ValueError, match="frozen"):
            setattr(model, next(iter(type(model).model_fields)), None)


def test_every_setting_says_what_it_is() -> None:
    schema = json.dumps(Settings.model_json_schema())
    assert schema
    for area in Settings.model_fields.values():
        assert area.description
    for definition in Settings.model_json_schema()["$defs"].values():
        for name, setting in definition.get("properties", {}).items():
            assert setting.get("description"), f"{definition['title']}.{name} has no description"


def test_each_worker_has_a_port_of_its_own_unless_any_will_do() -> None:
    ports = [WorkerSettings(first_port=6070).port(worker) for worker in WorkerName]
    assert ports == list(range(6070, 6070 + len(WorkerName)))
    assert {WorkerSettings(first_port=0).port(worker) for worker in WorkerName} == {0}


def test_the_ports_of_all_workers_must_exist() -> None:
    assert "workers.first_port" in refusal(write("workers: {first_port: 65535}"))
