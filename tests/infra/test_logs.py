from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from infra.logs import configure_logs
from infra.settings.workers import LogFormat, LogLevel, LogSettings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is the process's own; what a test sets is taken back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: logging.getLogger(name).level for name in ("aiokafka", "elastic_transport", "faust", "mode", "asyncio")
    }
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    out, err = capsys.readouterr()
    assert out == "", "standard output belongs to commands' answers"
    return [json.loads(line) for line in err.splitlines()]


def test_a_line_is_json_with_time_level_event_and_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    structlog.get_logger("streams.guard").warning("waiting for service", service="redis")
    (line,) = lines(capsys)
    assert line["event"] == "waiting for service"
    assert (line["service"], line["level"], line["logger"]) == ("redis", "warning", "streams.guard")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_come_through_the_same_renderer_and_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    try:
        msg = "broken"
        raise RuntimeError(msg)
    except RuntimeError:
        logging.getLogger("faust").exception("crashed")
    (line,) = lines(capsys)
    assert "RuntimeError: broken" in str(line["exception"])


def test_the_chatter_of_libraries_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    logging.getLogger("aiokafka.consumer").info("joined group")
    logging.getLogger("elastic_transport.transport").info("POST")
    assert lines(capsys) == []


def test_only_lines_of_the_level_and_above_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(level=LogLevel.WARNING))
    log = structlog.get_logger("ours")
    log.info("left out")
    log.warning("written")
    assert [line["event"] for line in lines(capsys)] == ["written"]


def test_what_is_bound_to_the_context_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    with structlog.contextvars.bound_contextvars(worker="matching"):
        structlog.get_logger("ours").info("started")
    assert lines(capsys)[0]["worker"] == "matching"


def test_for_people_lines_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(format=LogFormat.CONSOLE))
    structlog.get_logger("ours").info("worker started", port=6070)
    _, err = capsys.readouterr()
    assert "worker started" in err
    assert not err.startswith("{")


def test_configuring_twice_writes_no_line_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    configure_logs(LogSettings())
    structlog.get_logger("ours").info("once")
    assert len(lines(capsys)) == 1
