"""List files by command into the real Redis, with the real audit log: live at once or not at all, and on record."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.hotlists.errors import HotlistArchiveError
from infra.cli.list_files import ListFiles
from infra.cli.main import main
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.hotlists import HotlistFileSettings
from streams.clients import build_redis
from streams.codec import decode
from streams.hotlist_store import HotlistStore, open_hotlists
from streams.records import AuditEvent, HotlistEntry, TopicName
from tests.topic_reading import values_of
from tests.worker_process import settings_beside

pytestmark = pytest.mark.real


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings for the services, and a list's name that no other test has."""

    file: Path
    settings: Settings
    hotlist: str


@pytest.fixture
def installation(stack: LocalStack, tmp_path: Path) -> Installation:
    file, settings = settings_beside(stack, tmp_path, 27170, hotlists={"data_dir": str(tmp_path / "lists")})
    initialise(settings)
    return Installation(file, settings, f"files-{uuid4().hex[:8]}")


def hotlist(installation: Installation, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["platewatch", "hotlist", *arguments, "--settings", str(installation.file)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


def live(installation: Installation) -> list[HotlistEntry]:
    async def entries() -> list[HotlistEntry]:
        async with open_hotlists(installation.settings.redis) as store:
            return sorted([one async for one in store.entries(installation.hotlist)], key=lambda one: one.plate)

    return asyncio.run(entries())


def plates(installation: Installation) -> list[str]:
    return [entry.plate for entry in live(installation)]


def events(installation: Installation) -> list[AuditEvent]:
    values = values_of(installation.settings.kafka, TopicName.AUDIT, None)
    found = [decode(AuditEvent, value).record for value in values if value is not None]
    return [event for event in found if event.subject == installation.hotlist]


def write(tmp_path: Path, *listed: str) -> str:
    path = tmp_path / "list.csv"
    path.write_text("plate,category\n" + "".join(f"{plate},case\n" for plate in listed), encoding="utf-8")
    return str(path)


def test_a_file_is_loaded_exported_and_loaded_again_as_the_same_list(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = installation.hotlist
    (tmp_path / "ncic.csv").write_text(
        'MKE,LIC,LIS,VMA,OCA,NIC,MIS\nEV-F,KKX902,KY,TOYT,26-9,V42,"ARMED, CAUTION"\nEL,ZZT551,OH,,26-10,P43,\n',
        encoding="utf-8",
    )
    first = ["load", str(tmp_path / "ncic.csv"), "--list", name, "--template", "ncic-codes"]
    assert hotlist(installation, monkeypatch, *first) == 0
    before = live(installation)
    assert [entry.plate for entry in before] == ["KKX902", "ZZT551"]
    exported = str(tmp_path / "exported.csv")
    assert hotlist(installation, monkeypatch, "export", name, exported) == 0
    assert hotlist(installation, monkeypatch, "load", exported, "--list", name) == 0
    assert live(installation) == before
    assert [event.action for event in events(installation)] == ["hotlist.load", "hotlist.export", "hotlist.load"]


def test_a_shrink_waits_for_a_person_whose_reason_goes_on_record(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = installation.hotlist
    assert hotlist(installation, monkeypatch, "load", write(tmp_path, "AAA111", "BBB222"), "--list", name) == 0
    shrunk = ["load", write(tmp_path, "AAA111"), "--list", name]
    assert hotlist(installation, monkeypatch, *shrunk) == 2
    assert "--accept-shrink REASON" in " ".join(capsys.readouterr().err.split())
    assert plates(installation) == ["AAA111", "BBB222"]
    assert hotlist(installation, monkeypatch, *shrunk, "--accept-shrink", "purge of the portal") == 0
    assert plates(installation) == ["AAA111"]
    event = events(installation)[-1]
    assert event.reason == "purge of the portal"
    assert event.details["accepted_shrink"].startswith("the list would shrink from 2 to 1 entries")


def test_changes_go_live_on_top_of_what_is_there(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = installation.hotlist
    assert hotlist(installation, monkeypatch, "load", write(tmp_path, "AAA111", "BBB222"), "--list", name) == 0
    changes = tmp_path / "changes.csv"
    changes.write_text("plate,category,action\nCCC333,case,add\nAAA111,,remove\n", encoding="utf-8")
    assert hotlist(installation, monkeypatch, "load", str(changes), "--list", name, "--delta") == 0
    assert plates(installation) == ["BBB222", "CCC333"]


async def test_by_schedule_a_list_that_cannot_be_loaded_keeps_no_other_back_and_is_late(
    installation: Installation, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    good, bad = installation.hotlist, f"{installation.hotlist}-b"
    for name, content in {good: "plate,category\nAAA111,case\n", bad: "plate,category\n"}.items():
        file = tmp_path / f"{name}.csv"
        file.write_text(content, encoding="utf-8")
        os.utime(file, (now.timestamp() - 120,) * 2)
    lists = tuple(HotlistFileSettings(name=name, file=tmp_path / f"{name}.csv") for name in (bad, good))
    hotlists = installation.settings.hotlists.model_copy(update={"lists": lists})
    settings = installation.settings.model_copy(update={"hotlists": hotlists})
    async with open_hotlists(settings.redis) as store:
        files = ListFiles(settings, store)
        assert [late.name for late in await files.load_due(now)] == [bad]
        (live_one,) = [summary for summary in await store.summaries() if summary.name == good]
        assert not live_one.late
        assert [late.name for late in await files.load_due(now + timedelta(minutes=1))] == [bad]
        assert live_one in await store.summaries(), "what has been loaded is not loaded again"


async def test_lists_come_back_from_their_last_good_content_and_a_damaged_one_keeps_no_other_back(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, other = installation.hotlist, f"{installation.hotlist}-b"
    for one in (name, other):
        load = ["load", write(tmp_path, "AAA111"), "--list", one]
        assert await asyncio.to_thread(hotlist, installation, monkeypatch, *load) == 0
    redis = build_redis(installation.settings.redis)
    await redis.flushdb()
    store = HotlistStore(redis)
    (tmp_path / "lists" / other / "current.jsonl").write_bytes(b"not a list\n")
    files = ListFiles(installation.settings, store)
    with pytest.raises(HotlistArchiveError, match=f"{other}.*is damaged; remove it"):
        await files.reload_last_good(datetime.now(UTC))
    assert [summary.name for summary in await store.summaries()] == [name]
    await redis.flushdb()
    await redis.aclose()
