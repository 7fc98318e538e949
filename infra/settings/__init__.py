"""All settings: one model, read from YAML files, the environment and secret files; unknown keys are refused."""

from infra.settings.load import SettingsError, load_settings
from infra.settings.model import Settings

__all__ = ["Settings", "SettingsError", "load_settings"]
