"""The cameras of the settings that a command is asked for by name."""

from __future__ import annotations

from collections.abc import Sequence

from infra.settings import Settings, SettingsError
from infra.settings.pipeline import CameraSettings


def chosen_cameras(settings: Settings, names: Sequence[str]) -> list[CameraSettings]:
    """The cameras of these names, in their order; all where none is named.

    Raises:
        SettingsError: the settings have no cameras, or none of a name.
    """
    known = {camera.name: camera for camera in settings.cameras}
    if not known:
        msg = "the settings name no cameras; add them under cameras: (camera run takes --source, too)"
        raise SettingsError(msg)
    for wanted in names:
        if wanted not in known:
            msg = f"there is no camera {wanted!r} in the settings; known are {', '.join(sorted(known))}"
            raise SettingsError(msg)
    return [known[wanted] for wanted in names] if names else list(known.values())
