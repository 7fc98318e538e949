"""Settings of hot-list files: which there are, how they are read, and when a load needs a person."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from infra.settings.base import SettingsModel

LIST_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _check_time_of_day(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError:
        msg = "it is no time of day; write it as 05:30 (UTC)"
        raise ValueError(msg) from None
    return text


TimeOfDay = Annotated[str, Field(pattern=r"^\d\d:\d\d$"), AfterValidator(_check_time_of_day)]
"""`05:30`, UTC."""


class HotlistGuardSettings(SettingsModel):
    """When a load needs a person."""

    max_refused_share: float = Field(
        0.02, ge=0, le=1, description="Share of refused rows above which a load is stopped for a person to decide."
    )
    max_shrink_share: float = Field(
        0.2, ge=0, le=1, description="Share of its entries that a list may lose at once without a person."
    )


class HotlistFileSettings(SettingsModel):
    """One list that comes as a file."""

    name: str = Field(pattern=LIST_NAME, description="Unique name of the list; letters, digits, . _ -")
    file: Path = Field(description="The file that the list's source delivers, each time under the same name.")
    template: str = Field(
        "platewatch-csv", min_length=1, description="Format: a name of `platewatch hotlist templates`, or a .yaml file."
    )
    category: str = Field("", description="Category of rows that say none, such as stolen-vehicle.")
    fresh_for_h: float = Field(
        24.0, gt=0, le=8760, description="Hours after which the list is late: an alert from it says so."
    )
    load_at: tuple[TimeOfDay, ...] = Field(
        ("05:00",), description="Times of day (UTC) from which a new file is looked for; empty: by hand alone."
    )


class HotlistsSettings(SettingsModel):
    """The hot lists that come as files."""

    lists: tuple[HotlistFileSettings, ...] = Field((), description="The lists that are loaded by schedule.")
    data_dir: Path = Field(
        Path(".platewatch/hotlists"), description="Folder of the last good files and of the reports of refused rows."
    )
    retry_min: float = Field(15.0, gt=0, le=1440, description="Minutes after which a load that failed is tried again.")
    guard: HotlistGuardSettings = Field(
        default_factory=HotlistGuardSettings, description="What stops a load for a person."
    )

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [one.name for one in self.lists]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"the name {twice[0]!r} stands twice; give each list its own"
            raise ValueError(msg)
        return self

    def named(self, name: str) -> HotlistFileSettings | None:
        """The list of that name; None where the settings have none."""
        return next((one for one in self.lists if one.name == name), None)
