"""List files into Redis, at a person's word or by schedule: on record first, live at once, kept to rebuild from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from connectors.hotlists.archive import HotlistArchive, ListManifest
from connectors.hotlists.errors import HotlistArchiveError, HotlistError
from connectors.hotlists.guard import Suspicion
from connectors.hotlists.load import ListLoad, ListSource, list_source, load_list, modified_at, reload_last_good
from connectors.hotlists.schedule import LateList, ListFacts, due_lists, late_lists
from dashboards import audit_log
from infra.settings import Settings
from infra.settings.hotlists import HotlistFileSettings
from streams.hotlist_store import HotlistStore
from streams.hotlist_values import HotlistStoreError, HotlistSummary
from streams.records import AuditEvent, HotlistEntry

log = structlog.get_logger(__name__)


class ListFiles:
    """The lists that come as files. Used by one event loop; what blocks runs in threads."""

    def __init__(self, settings: Settings, store: HotlistStore) -> None:
        self._settings = settings
        self._store = store
        self._archive = HotlistArchive(settings.hotlists.data_dir)
        self._tried: dict[str, datetime] = {}
        self._late: frozenset[str] = frozenset()
        """Those that were told, so that each is told once."""

    async def publish(
        self, source: ListSource, load: ListLoad, accepted: Mapping[Suspicion, str] | None = None
    ) -> HotlistSummary:
        """Record the load in the audit log, switch to it in Redis, and keep it as last good content.

        Called while `HotlistArchive.exclusive` keeps other loads of the list out.

        Raises:
            AuditLogError: the audit log does not take it, so nothing was done.
            StreamError: Redis does not take it; the live version stays.
            HotlistArchiveError: it is live, and cannot be kept.
        """
        event = _event(source, load, accepted or {})
        await asyncio.to_thread(audit_log.record, event, self._settings.kafka)
        summary = await self._replace(load.manifest, load.entries)
        await asyncio.to_thread(self._archive.keep, load.manifest, load.entries)
        return summary

    async def reload_last_good(self, now: datetime) -> tuple[str, ...]:
        """Put every list back into Redis as it was loaded last; gives their names.

        Raises:
            HotlistArchiveError: a list's last good content is damaged, or it is being loaded; all others are back.
            StreamError: Redis does not take it.
        """
        names = await asyncio.to_thread(self._archive.names)
        faults: list[str] = []
        for name in names:
            try:
                # A load under way would be undone by what was good before it; the rebuild comes again in a moment.
                with self._archive.exclusive(name):
                    last = await asyncio.to_thread(reload_last_good, name, self._archive, now)
                    await self._replace(last.manifest, last.entries)
            except HotlistArchiveError as error:
                faults.append(str(error))
            else:
                log.info("hot list reloaded", list=name, entries=len(last.entries))
        if faults:
            raise HotlistArchiveError("; ".join(faults))
        return names

    async def load_due(self, now: datetime) -> tuple[LateList, ...]:
        """Load the lists of the settings whose time has come; gives those that are late then.

        A list that cannot be loaded is told in the log, and keeps none of the others from being loaded.

        Raises:
            AuditLogError: the audit log takes nothing, so nothing is loaded.
            ServiceAwayError: Redis does not answer.
        """
        for name in due_lists(self._settings.hotlists, await self._facts(now), now):
            self._tried[name] = now
            settings = self._settings.hotlists.named(name)
            if settings is None:
                continue
            try:
                load = await self._load(settings, now)
            except (HotlistError, HotlistStoreError) as error:
                log.error("hot list not loaded", list=name, reason=str(error))
            else:
                log.info("hot list loaded", list=name, entries=load.manifest.entries)
        late = late_lists(self._settings.hotlists, await self._facts(now), now)
        for one in late:
            if one.name not in self._late:
                log.warning("hot list late", list=one.name, reason=one.reason)
        self._late = frozenset(one.name for one in late)
        return late

    async def _load(self, settings: HotlistFileSettings, now: datetime) -> ListLoad:
        source = await asyncio.to_thread(list_source, settings)
        guard = self._settings.hotlists.guard
        with self._archive.exclusive(source.hotlist):
            load = await asyncio.to_thread(load_list, source, self._archive, guard, now=now)
            await self.publish(source, load)
        return load

    async def _replace(self, manifest: ListManifest, entries: Sequence[HotlistEntry]) -> HotlistSummary:
        # The list is as old as what it says, not as its load.
        return await self._store.replace(
            manifest.hotlist,
            entries,
            manifest.as_of,
            fresh_for_h=manifest.fresh_for_h,
            source_digest=manifest.sha256,
        )

    async def _facts(self, now: datetime) -> dict[str, ListFacts]:
        return await asyncio.to_thread(self._look, now)

    def _look(self, now: datetime) -> dict[str, ListFacts]:
        facts = {}
        for one in self._settings.hotlists.lists:
            try:
                manifest = self._archive.manifest(one.name)
            except HotlistArchiveError:
                manifest = None  # the list is due, and its load tells what is damaged
            offered = modified_at(one.file, now) if one.file.exists() else None
            facts[one.name] = ListFacts(
                as_of=manifest.as_of if manifest else None,
                file_time=manifest.file_time if manifest else None,
                loaded_at=manifest.loaded_at if manifest else None,
                offered_at=offered,
                tried_at=self._tried.get(one.name),
            )
        return facts


def _event(source: ListSource, load: ListLoad, accepted: Mapping[Suspicion, str]) -> AuditEvent:
    counts = load.counts
    details = {
        "file": source.file.name,
        "sha256": load.manifest.sha256,
        "template": source.template.name,
        "mode": source.mode.value,
        "entries": str(load.manifest.entries),
        "rows": str(counts.rows),
        "refused": str(counts.refused),
        "expired": str(counts.expired),
        "duplicates": str(counts.duplicates),
    }
    for objection in load.accepted:
        details[f"accepted_{objection.suspicion}"] = objection.explanation
    reason = "; ".join(accepted[objection.suspicion].strip() for objection in load.accepted)
    return audit_log.terminal_event("hotlist.load", source.hotlist, reason=reason, details=details)
