"""What the worker `hotlists` is given from packages that the streams do not know: list files, records of entries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dashboards.audit_log import AuditLogError
from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistStore
from streams.list_upkeep import ListKeeper
from streams.worker import Attach, agent


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps the lists of an installation; see `streams.list_upkeep.ListKeeper`."""

    entries: LocalEntryService

    async def reload_last_good(self, now: datetime) -> None:
        """Nothing to load: lists have no files of their own yet."""

    async def load_due(self, now: datetime) -> None:
        """Nothing is due."""

    async def tidy_entries(self, now: datetime) -> None:
        """End local entries that are over, and deliver what was not."""
        try:
            await self.entries.tidy(now)
        except AuditLogError as error:
            service = "kafka"
            raise ServiceAwayError(service, str(error)) from error


def hotlists_attach(settings: Settings) -> Attach:
    """How the worker is attached to its app."""

    @asynccontextmanager
    async def open_keeper(_: HotlistStore) -> AsyncIterator[ListKeeper]:
        async with open_local_entries(settings) as entries:
            yield Keeper(entries)

    return partial(agent(WorkerName.HOTLISTS).attach, open_keeper=open_keeper)
