"""What a message about an alert may show: links to the plates that its sightings saw, and the deciding one itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Self

import structlog

from infra.settings.images import ImageSettings
from streams.images.key import ImageKey, ImageKind, day_of
from streams.images.links import ImageLinks, build_links
from streams.images.store import DirectoryImageStore, ImageStore, ImageStoreError
from streams.records import Alert

log = structlog.get_logger(__name__)


class AlertImages:
    """Finds pictures for whoever writes messages. Used by one event loop.

    Args:
        store: of the pictures.
        links: makes links; None where the installation gives none.
    """

    def __init__(self, store: ImageStore, links: ImageLinks | None) -> None:
        self._store = store
        self._links = links
        self._failing = False

    @classmethod
    def of(cls, settings: ImageSettings) -> Self:
        """Those of an installation."""
        return cls(DirectoryImageStore(settings.dir), build_links(settings))

    def links_of(self, alert: Alert, now: datetime, kind: ImageKind = ImageKind.PLATE) -> Callable[[str], str | None]:
        """From the id of one of the alert's detections to a link; None for one without such a picture, and for others.

        Args:
            alert: the alert.
            now: when the message is made; the same time gives the same links, and so the same message.
            kind: what is to be seen.
        """
        best = alert.hit.match.detection
        pictures = {one.detection: (one.captured_at, one.image) for one in alert.hit.sightings}
        pictures[best.id] = (best.captured_at, best.image)
        links: dict[str, str] = {}
        for detection, (captured_at, image) in pictures.items():
            is_kept = image is not None and (kind is ImageKind.PLATE or image.scene_sha256 is not None)
            if is_kept and self._links is not None:
                links[detection] = self._links.link(detection, captured_at, kind, now)
        return links.get

    async def crop_of(self, alert: Alert) -> bytes | None:
        """The plate's picture (JPEG, some kB) of the deciding detection; None where none is kept, or can be read."""
        best = alert.hit.match.detection
        if best.image is None:
            return None
        key = ImageKey(day_of(best.captured_at), best.id, ImageKind.PLATE)
        try:
            crop = await asyncio.to_thread(self._store.get, key)
        except ImageStoreError as error:
            # The message goes without it: nobody waits for an alert because of a disk.
            if not self._failing:
                log.warning("pictures cannot be read; messages go out without them", reason=str(error))
            self._failing = True
            return None
        self._failing = False
        return crop
