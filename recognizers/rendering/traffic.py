"""Who drives when: passes laid out over the clip so that no vehicle hides the plate of another while it can be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.camera import Camera
from recognizers.rendering.chance import pick
from recognizers.rendering.clip_spec import ClipSpec, LookAlikes
from recognizers.rendering.daylight import Light
from recognizers.rendering.errors import ClipSpecError
from recognizers.rendering.layouts import choose_layout
from recognizers.rendering.lettering import GlyphChoice
from recognizers.rendering.plates import PlateLight, RenderedPlate, choose_serial, is_ordinary, render_plate
from recognizers.rendering.scene import lane_centres
from recognizers.rendering.truth import READABLE_WIDTH_PX
from recognizers.rendering.vehicle_shapes import End, Vehicle, choose_vehicle
from recognizers.rendering.vehicles import Placement

_NEAR_M = 10.5  # where a plate is about to leave the picture
_GAP_M = 4.0  # least distance between bumpers in one lane, in view
_SEEN_TO_M = 75.0
_LEAST_WIDTH_MM = 250
_LOOK_ALIKES = frozenset("IOQ")
_VEHICLES_TRIED = 8
_TIMES_TRIED = 120
_CHECK_STEP_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class PlannedPass:
    """One vehicle going by at constant speed."""

    vehicle: Vehicle
    lane: int
    x_m: float
    speed_mps: float
    near_s: float
    """When its plate is nearest to the camera."""
    readable_m: float
    """Distance up to which its plate can be read."""

    def place(self, time_s: float) -> Placement:
        """Where it is at this time of the clip."""
        away = self.speed_mps if self.vehicle.end is End.REAR else -self.speed_mps
        return Placement(self.x_m, float(self.distances(np.array(time_s))), away)

    def distances(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far from the camera it is at each of these times, in metres along the road."""
        away = self.speed_mps if self.vehicle.end is End.REAR else -self.speed_mps
        return np.asarray(_NEAR_M + away * (times_s - self.near_s), np.float64)

    @property
    def readable_s(self) -> tuple[float, float]:
        """From when to when its plate can be read."""
        duration = (self.readable_m - _NEAR_M) / self.speed_mps
        return (
            (self.near_s, self.near_s + duration)
            if self.vehicle.end is End.REAR
            else (self.near_s - duration, self.near_s)
        )


def plan_traffic(spec: ClipSpec, camera: Camera, rng: np.random.Generator) -> tuple[PlannedPass, ...]:
    """All passes of the clip, in the order of their time.

    Raises:
        ClipSpecError: so many vehicles do not fit without hiding each other's plates.
    """
    lane_ends = (End.FRONT, End.REAR) if spec.lanes > 1 else (pick((End.FRONT, End.REAR), rng),)
    planned: list[PlannedPass] = []
    first_repeat = spec.pass_count - spec.repeats
    for number in range(spec.pass_count):
        again = planned[(number - first_repeat) % first_repeat] if number >= first_repeat else None
        planned.append(_next_pass(spec, camera, lane_ends, planned=planned, again=again, rng=rng))
    return tuple(sorted(planned, key=lambda each: each.near_s))


def _next_pass(
    spec: ClipSpec,
    camera: Camera,
    lane_ends: tuple[End, ...],
    *,
    planned: list[PlannedPass],
    again: PlannedPass | None,
    rng: np.random.Generator,
) -> PlannedPass:
    """A pass that keeps clear of those that are planned: of a new vehicle, or of one that comes again."""
    for _ in range(_VEHICLES_TRIED):
        if again is None:
            lane = int(rng.integers(spec.lanes))
            vehicle = choose_vehicle(_new_plate(spec, rng), lane_ends[lane], rng)
        else:
            lane, vehicle = again.lane, again.vehicle
        for _ in range(_TIMES_TRIED):
            candidate = _propose(spec, camera, len(planned), vehicle=vehicle, lane=lane, rng=rng)
            if all(_keeps_clear(candidate, other, camera) for other in planned):
                return candidate
    msg = f"{spec.vehicles_per_minute:g} vehicles_per_minute hide each other's plates; ask for fewer"
    raise ClipSpecError(msg)


def _propose(
    spec: ClipSpec, camera: Camera, number: int, *, vehicle: Vehicle, lane: int, rng: np.random.Generator
) -> PlannedPass:
    """A pass about when the one of this number is due."""
    speed = float(rng.uniform(spec.slowest_kmh, spec.fastest_kmh)) / 3.6
    x = lane_centres(spec.lanes)[lane] + float(rng.uniform(-0.2, 0.2))
    readable = max(_NEAR_M + 2, camera.focal_px * vehicle.plate.image.shape[1] / 1000 / READABLE_WIDTH_PX)
    duration = (readable - _NEAR_M) / speed
    before, after = (0.2, duration) if vehicle.end is End.REAR else (duration, 0.2)
    earliest, latest = before + 0.3, max(before + 0.4, spec.seconds - after - 0.3)
    slot = (number + 0.5 + float(rng.normal(0, 0.8))) / spec.pass_count
    near = float(np.clip(earliest + slot * (latest - earliest), earliest, latest))
    return PlannedPass(vehicle, lane, x, speed, near, readable)


def _new_plate(spec: ClipSpec, rng: np.random.Generator) -> RenderedPlate:
    """A car's plate; motorcycles' are passed over, for no vehicle here is one."""
    region = pick(spec.regions, rng)
    layout = choose_layout(rng, (region,))
    while layout.size_mm[0] < _LEAST_WIDTH_MM:
        layout = choose_layout(rng, (region,))
    serial = choose_serial(layout, rng)
    avoid = spec.look_alikes is LookAlikes.AVOID
    while avoid and not (is_ordinary(serial, layout) and _LOOK_ALIKES.isdisjoint(serial.text)):
        serial = choose_serial(layout, rng)
    light = PlateLight.INFRARED if spec.light is Light.INFRARED else PlateLight.VISIBLE
    glyphs = GlyphChoice.OWN if avoid else GlyphChoice.SWAPPED
    return render_plate(layout, rng, serial=serial, light=light, glyphs=glyphs)


def _keeps_clear(one: PlannedPass, other: PlannedPass, camera: Camera) -> bool:
    """Neither touches the other nor hides its plate while that can be read."""
    if one.lane != other.lane:
        return True
    times = np.arange(min(one.near_s, other.near_s) - 8, max(one.near_s, other.near_s) + 8, _CHECK_STEP_S)
    return _never_meet(one, other, times, camera) and _never_meet(other, one, times, camera)


def _never_meet(near: PlannedPass, far: PlannedPass, times: NDArray[np.float64], camera: Camera) -> bool:
    """At no time at which `near` is the nearer one does it touch the other or hide its plate."""
    y_near, y_far = near.distances(times), far.distances(times)
    end = y_near + near.vehicle.shape.length_m
    matters = (y_near <= y_far) & (end > 0) & (y_far < _SEEN_TO_M)
    first, last = far.readable_s
    above_plate = camera.z_m - far.vehicle.plate_height_m + 0.1
    above_roof = max(0.2, camera.z_m - near.vehicle.shape.height_m)
    hidden = (times >= first) & (times <= last) & (y_far < (end - 0.8) * above_plate / above_roof)
    return not bool(np.any(matters & ((y_far - end < _GAP_M) | hidden)))
