"""What all settings models share: frozen, closed, and secrets that come from files and never print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class SettingsModel(BaseModel):
    """An area of the settings: frozen, and closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        # A refused value may be a secret, and the refusal ends up in a log.
        hide_input_in_errors=True,
    )


class CredentialSettings(SettingsModel):
    """Who we are to a service, and whom we trust in return."""

    username: str | None = Field(None, description="User name; empty: no authentication.")
    password: SecretStr | None = Field(None, description="Password; better given by password_file.")
    password_file: Path | None = Field(None, description="File that holds the password.")
    ca_file: Path | None = Field(None, description="Certificate authority (PEM) that signed the service's certificate.")

    @model_validator(mode="before")
    @classmethod
    def _read_password_file(cls, data: Any) -> Any:
        return with_secret_from_file(data, "password")

    @property
    def secret(self) -> str:
        """The password in clear; an empty text where there is none."""
        return self.password.get_secret_value() if self.password else ""


def with_secret_from_file(data: Any, name: str) -> Any:
    """The raw settings with `name` read from the file that `name_file` points to, if it does.

    Raises:
        ValueError: the file cannot be read; the message names the setting and the file, never the secret.
    """
    if not isinstance(data, dict) or not data.get(f"{name}_file") or data.get(name):
        return data
    path = Path(data[f"{name}_file"]).expanduser()
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        msg = f"{name}_file {path} cannot be read ({error.strerror}); check the path and its permissions"
        raise ValueError(msg) from error
    except UnicodeDecodeError:
        # Its own words quote the bytes.
        msg = f"{name}_file {path} is not UTF-8 text; write the {name} into it as text"
        raise ValueError(msg) from None
    if not secret:
        msg = f"{name}_file {path} is empty; write the {name} into it"
        raise ValueError(msg)
    return {**data, name: secret}
