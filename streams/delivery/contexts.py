"""What messages tell beside the alert itself: who tells, and the pictures that there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

from infra.settings import Settings
from infra.settings.alerts import DeliverySettings
from streams.delivery.formats.context import FormatContext
from streams.delivery.subscription import Subscription
from streams.images.alert_images import AlertImages
from streams.records import Alert


class MessageContexts:
    """Of one installation. Used by one event loop."""

    def __init__(self, images: AlertImages, settings: DeliverySettings) -> None:
        self._images = images
        self._settings = settings

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of an installation."""
        return cls(AlertImages.of(settings.images), settings.delivery)

    def told_at(self, alert: Alert, now: datetime) -> FormatContext:
        """What is told beside the alert, and costs nothing to find; may be called by any thread."""
        return FormatContext(
            now=now,
            source=self._settings.source,
            agency=self._settings.agency,
            image_links=self._images.links_of(alert, now),
        )

    async def context_of(self, alert: Alert, subscription: Subscription) -> FormatContext:
        """What a message about the alert to the subscriber tells, made now; with the picture if they want it."""
        context = self.told_at(alert, datetime.now(UTC))
        return replace(context, crop=await self._images.crop_of(alert)) if subscription.inline_crop else context
