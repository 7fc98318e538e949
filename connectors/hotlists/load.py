"""A list's file to the entries that are to go live: read, compared with what is live, guarded. Knows no Redis.

    with archive.exclusive(source.hotlist):
        load = load_list(source, archive, limits, now=now)
        ...                    # replace the list in Redis by load.entries
        archive.keep(load.manifest, load.entries)

Everything here blocks: a worker calls it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.hotlists.archive import HotlistArchive, LastGood, ListManifest
from connectors.hotlists.delta import ChangedList, apply_changes
from connectors.hotlists.errors import HotlistArchiveError, HotlistFileError, HotlistTemplateError
from connectors.hotlists.guard import Objection, Suspicion, objections, require_acceptance
from connectors.hotlists.hotlist_file import LoadMode, RowCounts
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.refused_report import write_report
from connectors.hotlists.template import HotlistTemplate
from connectors.hotlists.template_catalogue import all_templates, find_template
from infra.settings.hotlists import HotlistFileSettings, HotlistGuardSettings
from streams.records import Category, HotlistEntry, to_milliseconds


@dataclass(frozen=True, slots=True)
class ListSource:
    """A file, and which list it is of."""

    hotlist: str
    file: Path
    template: HotlistTemplate
    category: Category | None = None
    """Of rows that say none."""
    mode: LoadMode = LoadMode.FULL
    fresh_for_h: float = 24.0
    """Hours after which what the file says is late."""


@dataclass(frozen=True, slots=True)
class ListLoad:
    """What is to go live."""

    entries: tuple[HotlistEntry, ...]
    manifest: ListManifest
    counts: RowCounts
    report: Path | None
    """The refused rows; None where there are none."""
    accepted: tuple[Objection, ...] = field(default=())
    """What spoke against it, and a person accepted."""
    removed: int = 0
    unmatched: int = 0
    """Removals of a file of changes that found nothing."""


def list_source(settings: HotlistFileSettings) -> ListSource:
    """The source that the settings describe.

    Raises:
        HotlistTemplateError: there is no such template or category.
    """
    return ListSource(
        settings.name,
        settings.file,
        find_template(settings.template),
        parse_category(settings.category),
        fresh_for_h=settings.fresh_for_h,
    )


def parse_category(text: str) -> Category | None:
    """The category of that name; None for an empty text.

    Raises:
        HotlistTemplateError: there is none of that name.
    """
    if not text:
        return None
    try:
        return Category(text.strip().lower())
    except ValueError:
        msg = f"category {text!r} is unknown; known are: {', '.join(Category)}"
        raise HotlistTemplateError(msg) from None


def load_list(
    source: ListSource,
    archive: HotlistArchive,
    limits: HotlistGuardSettings,
    *,
    now: datetime,
    as_of: datetime | None = None,
    accepted: Mapping[Suspicion, str] | None = None,
) -> ListLoad:
    """Read the file and decide whether it may go live; what is live is not touched.

    `as_of` is how old what the file says is, where somebody knows better than by the file's own time. `accepted` holds
    the reasons of a person who decided. The report of refused rows is written even where the load is
    stopped.

    Raises:
        HotlistFileError: the file cannot be used, or holds changes to a list that was never loaded.
        HotlistStoppedError: the guard stopped it; the message says what to do.
        HotlistArchiveError: the last good content or the report cannot be read or written.
    """
    loader = HotlistLoader(
        source.template, source.hotlist, category=source.category, mode=source.mode, others=all_templates()
    )
    file_time = modified_at(source.file, now)
    content = loader.read(source.file, now)
    folder = archive.folder_of(source.hotlist)
    report = write_report(folder, content.refused, now) if content.refused else None
    if source.mode is LoadMode.FULL:
        live = archive.manifest(source.hotlist)
        live_entries = live.entries if live else None
        changed = ChangedList(content.entries, 0, 0)
    else:
        last = _base(source, archive)
        live_entries = last.manifest.entries
        changed = apply_changes(last.valid_at(now), content.changes)
    found = objections(content.counts, len(changed.entries), live_entries, limits)
    require_acceptance(source.hotlist, found, accepted or {}, report)
    manifest = ListManifest(
        hotlist=source.hotlist,
        entries=len(changed.entries),
        template=source.template.name,
        source=source.file.name,
        sha256=content.sha256,
        file_time=file_time,
        as_of=to_milliseconds(as_of) if as_of else file_time,
        fresh_for_h=source.fresh_for_h,
        loaded_at=to_milliseconds(now),
    )
    return ListLoad(changed.entries, manifest, content.counts, report, found, changed.removed, changed.unmatched)


def reload_last_good(hotlist: str, archive: HotlistArchive, now: datetime) -> LastGood:
    """The list as it was loaded last, without what is over: to rebuild a Redis that lost it.

    Raises:
        HotlistArchiveError: it was never loaded, or its files are damaged.
    """
    last = archive.last_good(hotlist)
    if last is None:
        msg = f"hot list {hotlist} was never loaded here; load it from its file (`platewatch hotlist load`)"
        raise HotlistArchiveError(msg)
    return LastGood(last.manifest, last.valid_at(now))


def modified_at(file: Path, now: datetime) -> datetime:
    """When the file was last changed, at `now` at the latest: how old what it says is.

    Raises:
        HotlistFileError: there is no such file.
    """
    try:
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError as error:
        msg = f"hot list {file} cannot be read ({error.strerror}); check the path and its permissions"
        raise HotlistFileError(msg) from error
    return to_milliseconds(min(changed, now))


def _base(source: ListSource, archive: HotlistArchive) -> LastGood:
    last = archive.last_good(source.hotlist)
    if last is None:
        msg = (
            f"hot list {source.hotlist} was never loaded here, so changes cannot be applied; load its whole file first"
        )
        raise HotlistFileError(msg)
    return last
