"""Settings of the stages between a camera and an alert."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from infra.settings.base import SettingsModel
from infra.settings.polygons import Polygon


class LocationSettings(SettingsModel):
    """A place on earth, WGS 84."""

    lat: float = Field(ge=-90, le=90, description="Latitude in degrees, north positive.")
    lon: float = Field(ge=-180, le=180, description="Longitude in degrees, east positive.")


class PictureTimes(StrEnum):
    """What tells when the pictures of a folder were taken."""

    METADATA = "metadata"
    """EXIF, if every picture has it, else the order of names."""
    ORDER = "order"
    """The order of names, from now on."""


class CameraSettings(SettingsModel):
    """One camera that we read frames from."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Unique name; letters, digits, . _ -")
    source: str = Field(min_length=1, description="Video file, folder of images, rtsp:// or http:// address.")
    location: LocationSettings | None = Field(None, description="Where it stands.")
    max_fps: float = Field(10.0, gt=0, le=60, description="Frames per second that are sent on; more are skipped.")
    jpeg_quality: int = Field(85, ge=30, le=98, description="Quality at which frames are encoded; lower when too big.")
    clock_offset_ms: float = Field(0.0, description="Camera's clock minus true time, milliseconds.")
    picture_times: PictureTimes = Field(
        PictureTimes.METADATA,
        description="Of a folder: metadata (EXIF), or order (of names, from now on).",
    )
    stall_s: float = Field(10.0, gt=0, le=300, description="Seconds without a frame before it counts as stalled.")
    region_of_interest: tuple[Polygon, ...] = Field(
        (),
        description="Polygons of points [x, y], shares of width and height; plates whose centre is in none are passed "
        "over. Empty: the whole picture.",
    )
    privacy_masks: tuple[Polygon, ...] = Field(
        (), description="Polygons that are blacked out in every frame before it goes anywhere."
    )


class PublisherSettings(SettingsModel):
    """How frames get to Kafka, and where they wait when it is away."""

    spool_dir: Path = Field(Path(".platewatch/spool"), description="Folder of the disk spool.")
    spool_max_mib: int = Field(2048, ge=1, description="Bound of the spool; beyond it the oldest frames go, counted.")
    delivery_timeout_s: float = Field(
        3.0, ge=0.5, le=60, description="Longest wait for Kafka before a frame is spooled."
    )


class RecognitionSettings(SettingsModel):
    """Pixels to passes."""

    threads: int = Field(2, ge=1, le=64, description="Inference threads of one worker.")
    min_plate_score: float = Field(0.35, ge=0, le=1, description="Detector's score below which a box is dropped.")
    min_read_confidence: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Confidence below which a single picture's read is dropped, and a look opens no pass.",
    )
    min_vote_confidence: float = Field(
        0.05, ge=0, le=1, description="Confidence below which a look has no vote in a pass that is open."
    )
    min_pass_confidence: float = Field(0.3, ge=0, le=1, description="Confidence below which a pass is no detection.")
    grammar: bool = Field(
        default=True, description="Prefer texts in a format of the likely issuer, where the looks leave a choice."
    )
    unknown_format_looks: int = Field(
        3, ge=1, le=20, description="Looks needed before a text of no issued format, such as a badge, is a detection."
    )
    unknown_format_score: float = Field(
        0.7, ge=0, le=1, description="Detector's score that the best of these looks must have."
    )
    min_state_confidence: float = Field(
        0.8, ge=0, le=1, description="Confidence below which a detection names no state of issue."
    )
    min_single_look_confidence: float = Field(
        0.95, ge=0, le=1, description="Confidence below which a pass of one look alone is no detection."
    )
    first_revision_confidence: float = Field(
        0.9, ge=0, le=1, description="Fused confidence at which a pass goes out before it has ended."
    )
    first_revision_looks: int = Field(2, ge=1, le=20, description="Looks needed before a pass goes out early.")
    gap_s: float = Field(1.0, gt=0, le=5, description="Event time without a look after which a pass has ended.")
    max_lag_s: float = Field(
        120.0, gt=1, le=600, description="A frame that waited longer for a worker is dropped, and counted."
    )
    max_pass_s: float = Field(30.0, gt=1, le=600, description="A longer pass (a parked car) is cut here.")


class ThresholdSettings(SettingsModel):
    """From which probability a match is told, and how."""

    likely: float = Field(0.5, gt=0, le=1, description="From here it is likely, and sounds.")
    possible: float = Field(0.1, gt=0, le=1, description="From here it is possible: shown, silent.")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.possible > self.likely:
            msg = f"possible ({self.possible:g}) is above likely ({self.likely:g}); exchange them"
            raise ValueError(msg)
        return self


class RegionSettings(SettingsModel):
    """What is known of the traffic that the cameras see; see docs/matching.md."""

    registered_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of a plate pattern's strings that stand on a plate: registered vehicles over possible "
        "strings. Too high loses misread plates, too low raises false alerts.",
    )
    listed_frequency: float = Field(
        0.5,
        gt=0,
        le=10,
        description="How often a listed vehicle passes, against any registered one. Long lists hold many that are "
        "elsewhere or off the road: about the share of passes that are hits, over the list's share of all vehicles.",
    )
    state_shares: dict[str, float] = Field(
        {}, description="Share of the traffic by state or country of issue, such as US-KY: 0.85."
    )
    other_state_share: float = Field(
        0.3, gt=0, le=1, description="Share of a state that is not among state_shares; lower it when these are set."
    )
    reads_per_day: int = Field(
        1_000_000, ge=1, description="Passes that the cameras tell in a day: what false alerts a day are reckoned with."
    )


class MatchingSettings(SettingsModel):
    """Detections to matches."""

    batch: int = Field(64, ge=1, le=1024, description="Most detections that share one round trip to Redis.")
    linger_s: float = Field(0.005, gt=0, le=1, description="Longest wait for a batch to fill, seconds.")
    exact_probability: float = Field(0.8, gt=0, le=1, description="From here a match of the same plate is exact.")
    thresholds: ThresholdSettings = Field(
        default_factory=ThresholdSettings, description="Of categories that have none of their own."
    )
    category_thresholds: dict[str, ThresholdSettings] = Field(
        {
            "amber": ThresholdSettings(likely=0.3, possible=0.05),
            "missing": ThresholdSettings(likely=0.3, possible=0.05),
        },
        description="By category of the entry.",
    )
    weak_probability: float = Field(
        0.01, gt=0, lt=1, description="From here a match is kept for a while: other cameras may bear it out."
    )
    least_fixed_characters: int = Field(
        4, ge=1, le=10, description="Known characters from which on a partial plate can be likely; below, possible."
    )
    region: RegionSettings = Field(default_factory=RegionSettings, description="The traffic.")


class WindowSettings(SettingsModel):
    """Matches to hits, in event time."""

    sighting_s: float = Field(
        600.0, gt=0, le=86400, description="Sightings of an entry no further apart than this are one hit."
    )
    longest_s: float = Field(3600.0, gt=0, le=86400, description="A hit that goes on for longer begins anew.")
    lateness_s: float = Field(3600.0, ge=0, description="A sighting matched later than this after its capture is late.")
    fastest_kmh: float = Field(
        180.0, gt=0, le=400, description="Two cameras bear each other out if a vehicle gets from one to the other."
    )
    seen_again: float = Field(
        200.0,
        ge=1,
        description="How much likelier a read is to be of a vehicle that another camera just saw, than of any other.",
    )
    idle_s: float = Field(60.0, gt=0, description="A partition without messages for so long holds no windows open.")
    most_sightings: int = Field(
        200_000, ge=100, description="Sightings that a worker remembers; beyond it the oldest go, and are counted."
    )


class IndexingSettings(SettingsModel):
    """Detections to Elasticsearch."""

    batch: int = Field(500, ge=1, le=10_000, description="Most documents in one bulk request.")
    linger_s: float = Field(0.2, gt=0, le=10, description="Longest wait for a bulk to fill, seconds.")


class RetentionSettings(SettingsModel):
    """How long anything may live."""

    limit_h: int = Field(
        720, ge=24, le=720, description="Hours after which a detection must be gone everywhere; 720 is 30 days."
    )
