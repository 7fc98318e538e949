"""What the worker `hotlists` is given from packages that the streams do not know: list files, records of entries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dashboards.audit_log import AuditLogError
from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra import metrics
from infra.cli.list_files import ListFiles
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStore
from streams.list_upkeep import ListKeeper
from streams.worker import Attach, agent


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps the lists of an installation; see `streams.list_upkeep.ListKeeper`."""

    settings: Settings
    store: HotlistStore
    files: ListFiles
    entries: LocalEntryService

    async def reload_last_good(self, now: datetime) -> None:
        """Put the last good content of every list that comes as a file into Redis."""
        await self.files.reload_last_good(now)

    async def load_due(self, now: datetime) -> None:
        """Load the lists whose time has come; which are late then, by their file or their age, is told as a metric."""
        try:
            late = {one.name for one in await self.files.load_due(now)}
        except AuditLogError as error:
            raise _away(error) from error
        live = await self.store.summaries()
        late |= {summary.name for summary in live if summary.late}
        for name in late | {summary.name for summary in live} | {one.name for one in self.settings.hotlists.lists}:
            metrics.HOTLIST_LATE.labels(name).set(name in late)

    async def tidy_entries(self, now: datetime) -> None:
        """End local entries that are over, and deliver what was not."""
        try:
            await self.entries.tidy(now)
        except AuditLogError as error:
            raise _away(error) from error


def _away(error: AuditLogError) -> ServiceAwayError:
    service = "kafka"
    return ServiceAwayError(service, str(error))


def hotlists_attach(settings: Settings) -> Attach:
    """How the worker is attached to its app."""

    @asynccontextmanager
    async def open_keeper(store: HotlistStore) -> AsyncIterator[ListKeeper]:
        async with open_local_entries(settings) as entries:
            yield Keeper(settings, store, ListFiles(settings, store), entries)

    return partial(agent(WorkerName.HOTLISTS).attach, open_keeper=open_keeper)
