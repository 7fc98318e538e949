"""Light and weather of a clip as numbers that the scene, the vehicles and the camera share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from recognizers.rendering.colours import Bgr


class Light(Enum):
    """The hour, and the camera that goes with it."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    """A colour camera under street lamps."""
    INFRARED = "infrared"
    """Night, a grey camera with an infrared flash: plates glare, everything else is dark."""


class Weather(Enum):
    """What falls from the sky."""

    CLEAR = "clear"
    OVERCAST = "overcast"
    RAIN = "rain"


@dataclass(frozen=True, slots=True)
class Illumination:
    """What light and weather do to the picture."""

    ambient: Bgr
    """Factors by which surfaces are lit, 1 at noon."""
    sky: tuple[Bgr, Bgr]
    """Zenith and horizon."""
    plate_gain: float
    """How bright a plate is drawn against noon."""
    lamps: float
    """Strength of vehicle and street lamps, 0..1."""
    noise: float
    """Sensor noise in grey levels."""
    exposure_s: float
    shadow: float
    """How dark the shadow below a vehicle is, 0..1."""
    gray: bool


_LIGHTS = {
    Light.DAY: Illumination(
        ambient=(1.0, 1.0, 1.0), sky=((225, 180, 130), (235, 225, 215)), plate_gain=0.98, lamps=0.0, noise=2.0,
        exposure_s=0.0020, shadow=0.62, gray=False,
    ),
    Light.DUSK: Illumination(
        ambient=(0.55, 0.50, 0.53), sky=((120, 85, 70), (105, 125, 175)), plate_gain=0.66, lamps=0.6, noise=4.0,
        exposure_s=0.0035, shadow=0.4, gray=False,
    ),
    Light.NIGHT: Illumination(
        ambient=(0.24, 0.28, 0.33), sky=((26, 18, 14), (40, 34, 36)), plate_gain=0.60, lamps=1.0, noise=6.0,
        exposure_s=0.0040, shadow=0.25, gray=False,
    ),
    Light.INFRARED: Illumination(
        ambient=(0.21, 0.21, 0.21), sky=((8, 8, 8), (14, 14, 14)), plate_gain=0.98, lamps=0.8, noise=4.5,
        exposure_s=0.0012, shadow=0.2, gray=True,
    ),
}  # fmt: skip


def illuminate(light: Light, weather: Weather) -> Illumination:
    """The numbers for this hour and weather."""
    clear = _LIGHTS[light]
    if weather is Weather.CLEAR:
        return clear
    dimmer = 0.88 if weather is Weather.OVERCAST else 0.72
    grey_sky = tuple(sum(stop) / 3 * dimmer for stop in clear.sky)
    blue, green, red = (part * dimmer for part in clear.ambient)
    return Illumination(
        ambient=(blue, green, red),
        sky=((grey_sky[0],) * 3, (grey_sky[1],) * 3),
        plate_gain=clear.plate_gain * (0.97 if weather is Weather.OVERCAST else 0.86),
        lamps=max(clear.lamps, 0.0 if weather is Weather.OVERCAST else 0.5),
        noise=clear.noise + (0.5 if weather is Weather.OVERCAST else 1.5),
        exposure_s=clear.exposure_s * (1.0 if light is Light.INFRARED else 1.25),
        shadow=clear.shadow * 0.55,
        gray=clear.gray,
    )
