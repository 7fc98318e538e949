"""`platewatch hotlist simulate` on lists in the real Redis, read as the worker would find them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.bench.hotlist_simulation import SimulationSize, simulate_thresholds
from infra.cli.main import main
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.load import load_settings
from streams.clients import build_redis
from streams.hotlist_store import open_hotlists
from streams.records import Category, HotlistEntry
from tests.builders import build_entry

pytestmark = pytest.mark.real


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings of a Redis database that no other test has."""

    file: Path
    settings: Settings


async def _empty(settings: Settings) -> None:
    redis = build_redis(settings.redis)
    await redis.flushdb()
    await redis.aclose()


@pytest.fixture
def installation(stack: LocalStack, tmp_path: Path) -> Iterator[Installation]:
    file = tmp_path / "settings.yaml"
    url = stack.addresses().redis_url.removesuffix("/0") + "/4"
    file.write_text(f"redis: {{url: '{url}'}}\nmatching: {{region: {{reads_per_day: 20000}}}}\n", encoding="utf-8")
    settings = load_settings(file)
    asyncio.run(_empty(settings))
    yield Installation(file, settings)
    asyncio.run(_empty(settings))


def load(settings: Settings, hotlist: str, *entries: HotlistEntry) -> None:
    async def replace() -> None:
        async with open_hotlists(settings.redis) as store:
            await store.replace(hotlist, entries, datetime.now(UTC))

    asyncio.run(replace())


def test_every_category_of_the_live_lists_is_told_with_what_was_left_out(installation: Installation) -> None:
    over = datetime.now(UTC) - timedelta(days=1)
    stolen = [build_entry(f"{n:03}RST", id=f"s{n}", state="US-KY") for n in range(100, 130)]
    load(installation.settings, "ncic", *stolen, build_entry("R?T123", id="p"), build_entry("555RST", valid_until=over))
    load(installation.settings, "local", build_entry("ABC123", id="a", hotlist="local", category=Category.AMBER))
    said: list[str] = []
    report = simulate_thresholds(installation.settings, SimulationSize(600, donor_plates=300), said.append)
    assert [(one.category, one.plates) for one in report.categories] == [("amber", 1), ("stolen-vehicle", 30)]
    assert sorted(one.name for one in report.lists) == ["local", "ncic"]
    assert report.reads_per_day == 20_000
    assert any("1 entries of partial plates" in one for one in report.assumptions)
    assert any("1 entries are not in force" in one for one in report.assumptions)
    for category in report.categories:
        assert category.wanted_simulated == 200
        found = [one.found_pass for one in category.thresholds]
        assert found[0] is not None
        assert found[0] > 0.6, "most plates are read right"
        assert category.thresholds[0].interval[1] < 20_000
    assert any(re.match("stolen-vehicle: 200 wanted", one) for one in said)


def test_without_a_list_it_says_what_to_do(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["platewatch", "hotlist", "simulate", "--settings", str(installation.file)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    err = " ".join(capsys.readouterr().err.split())
    assert "no list that is loaded holds a whole plate in force" in err
    assert "platewatch hotlist load" in err
