"""`platewatch hotlist simulate` at the command line, as far as no server is needed."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from infra.bench.cost_report import CategoryCost, CostReport, SimulatedList, ThresholdCost
from infra.cli.hotlist_simulate import cost_table
from infra.cli.main import main


@pytest.fixture
def unheard_port() -> Iterator[int]:
    """A port that nobody answers at, for it is bound and not listened to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def failing_run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr("sys.argv", ["platewatch", "hotlist", "simulate", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    return " ".join(capsys.readouterr().err.split())


def test_without_redis_it_says_so_in_one_sentence(
    unheard_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"redis: {{url: 'redis://127.0.0.1:{unheard_port}/0'}}\n", encoding="utf-8")
    err = failing_run(["--settings", str(settings)], monkeypatch, capsys)
    assert err.startswith("platewatch: redis is away: ")
    assert "Traceback" not in err


def test_thresholds_of_a_category_that_there_is_not_are_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("matching: {category_thresholds: {ambr: {likely: 0.5}}}\n", encoding="utf-8")
    err = failing_run(["--settings", str(settings)], monkeypatch, capsys)
    assert "'ambr' is no category; known are: amber, " in err


def test_too_few_reads_to_tell_anything_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "600" in failing_run(["--reads", "10"], monkeypatch, capsys)


def shown(cost: ThresholdCost) -> str:
    report = CostReport(
        lists=(SimulatedList("ncic", "v1", 1200),),
        reads_per_day=1_000_000,
        reads_simulated=50_000,
        categories=(CategoryCost(category="warrant", plates=1200, wanted_simulated=200, thresholds=(cost,)),),
        assumptions=(),
        advice=(),
    )
    console = Console(file=io.StringIO(), width=160)
    console.print(cost_table(report))
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


@pytest.mark.parametrize(
    ("false_alerts", "interval", "found", "said"),
    [
        pytest.param(0.0, (0.0, 0.0123), 0.5, "fewer than 0.012", id="none-seen"),
        pytest.param(0.0456, (0.04, 0.05), 0.5, "0.046 │ 0.04 to 0.05", id="few"),
        pytest.param(1234.4, (1180.2, 1300.0), 0.5, "1,234 │ 1,180 to 1,300", id="many"),
        pytest.param(1.0, (0.5, 2.0), 0.987, "98.7 %", id="found"),
        pytest.param(1.0, (0.5, 2.0), None, "not simulated", id="of-none-is-nothing-known"),
    ],
)
def test_a_row_tells_what_is_found_and_what_it_costs(
    false_alerts: float, interval: tuple[float, float], found: float | None, said: str
) -> None:
    cost = ThresholdCost(
        threshold=0.5,
        settings=("likely",),
        found_one_look=found,
        found_pass=found,
        false_alerts_per_day=false_alerts,
        interval=interval,
    )
    text = shown(cost)
    assert said in text
    assert "warrant (1,200)" in text
    assert "ncic: 1,000,000 passes a day" in text
    assert "likely" in text
