"""Settings of pictures: where those of detections are kept, how large, and how long links to them are good."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from infra.settings.base import SettingsModel, with_secret_from_file

_KEY_BYTES = 32


class Scene(StrEnum):
    """What is kept of the whole picture."""

    NONE = "none"
    SMALL = "small"
    """Scaled down to `scene_longest_px`."""
    FULL = "full"
    """The camera's own bytes."""


class ImageSettings(SettingsModel):
    """Pictures of detections."""

    enabled: bool = Field(default=True, description="Whether pictures of detections are kept.")
    dir: Path = Field(
        Path(".platewatch/images"),
        description="Folder of the pictures, with one folder for each day. Recognition writes it, and delivery and "
        "console read it: on several machines, a shared one.",
    )
    scene: Scene = Field(Scene.SMALL, description="The whole picture: none, small, or full (as the camera sent it).")
    scene_longest_px: int = Field(960, ge=160, le=8192, description="Longer side of a small scene, pixels.")
    scene_quality: int = Field(75, ge=30, le=98, description="JPEG quality of a small scene.")
    plate_quality: int = Field(85, ge=30, le=98, description="JPEG quality of the plate's picture.")
    plate_margin: float = Field(
        0.3, ge=0, le=2, description="Margin around the plate in its own picture, as a share of the plate's height."
    )
    link_base: str = Field(
        "", description="Address of the console for links to pictures, such as https://alpr.example; empty: no links."
    )
    link_key: SecretStr | None = Field(
        None, description="Key that signs links, 32 bytes in base64; better given by link_key_file."
    )
    link_key_file: Path | None = Field(None, description="File that holds the key of the links.")
    link_lifetime_s: float = Field(
        86400.0, ge=60, le=30 * 86400, description="Seconds that a link is good; whoever has it needs no log-in."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_key_file(cls, data: Any) -> Any:
        return with_secret_from_file(data, "link_key")

    @field_validator("link_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(_decoded(key)) != _KEY_BYTES:
            msg = "link_key must be 32 bytes in base64; `openssl rand -base64 32` prints a new one"
            raise ValueError(msg)
        return key

    @field_validator("link_base")
    @classmethod
    def _check_base(cls, base: str) -> str:
        if not base:
            return base
        parts = urlsplit(base)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            msg = "link_base must be an address such as https://alpr.example"
            raise ValueError(msg)
        if parts.username or parts.password or parts.query or parts.fragment:
            msg = "link_base must have no user, query or fragment; write it as https://alpr.example"
            raise ValueError(msg)
        return base.rstrip("/")

    @model_validator(mode="after")
    def _check_signed(self) -> Self:
        if self.link_base and self.link_key is None:
            msg = "link_base is set, so link_key_file must be too: links are always signed"
            raise ValueError(msg)
        return self

    @property
    def link_key_bytes(self) -> bytes:
        """The key in clear; empty where there is none."""
        return _decoded(self.link_key) if self.link_key else b""


def _decoded(key: SecretStr) -> bytes:
    try:
        return base64.b64decode(key.get_secret_value(), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""
