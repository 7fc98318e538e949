"""Settings of local hot-list entries: their limits, and the look back that each of them starts."""

from __future__ import annotations

from pydantic import Field

from infra.settings.base import SettingsModel


class LocalEntrySettings(SettingsModel):
    """What a local entry may say."""

    longest_days: int = Field(
        90, ge=1, le=366, description="Days ahead that an entry may be valid at most; then it is entered anew."
    )
    min_fixed_characters: int = Field(
        3,
        ge=2,
        le=7,
        description="Characters that a partial plate must know. Of 100,000 plates a day about two fit three known "
        "characters by chance, eighty fit two.",
    )
    look_every_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How often the worker looks whether Redis lost the lists, an entry is over, or a list is due.",
    )


class LookbackSettings(SettingsModel):
    """How a new entry is joined with the passes of the last 30 days."""

    page: int = Field(200, ge=1, le=1000, description="Passes that one request to Elasticsearch gives at most.")
    requests_per_s: float = Field(
        5.0, gt=0, le=100, description="Requests a second of all look-backs of one worker; searches go before."
    )
    settle_s: float = Field(
        60.0,
        ge=5,
        le=3600,
        description="After so many seconds what came in around the activation is looked at once more: the index is "
        "behind by its refresh and by what waits for it.",
    )
