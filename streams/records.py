"""What travels between the parts: one frozen record for each topic, and the names of the topics.

JSON on the wire (see `streams.codec`). Times are aware UTC at millisecond resolution (RFC 3339). Each record carries
the version of its schema; a reader refuses a newer one. Ids are deterministic: a replay writes the same document.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

SCHEMA_VERSION = 1

Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]


class TopicName(StrEnum):
    """Every topic of the system; how each is kept stands in `streams.topics`."""

    FRAMES = "pw.frames"
    DETECTIONS = "pw.detections"
    MATCHES = "pw.matches"
    HITS = "pw.hits"
    ALERTS = "pw.alerts"
    REDRIVES = "pw.redrives"
    HOTLIST = "pw.hotlist"
    CAMERAS = "pw.cameras"
    AUDIT = "pw.audit"
    DEAD_LETTERS = "pw.dead-letters"


def event_id(*parts: str | int | datetime) -> str:
    """A stable id of 26 characters made of what identifies an event: the same parts always give the same id."""
    text = "\x1f".join(part.astimezone(UTC).isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=13).hexdigest()


def to_milliseconds(moment: datetime) -> datetime:
    """The moment in UTC, cut to whole milliseconds: what the wire carries.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        msg = f"{moment.isoformat()} has no time zone; give an aware time"
        raise ValueError(msg)
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The root of all records."""

    schema_version: Annotated[int, msgspec.Meta(ge=1, le=SCHEMA_VERSION)] = SCHEMA_VERSION


class GeoPoint(msgspec.Struct, frozen=True):
    """A place on earth in degrees (WGS 84)."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of a camera. Not JSON: the JPEG is the message's value, the other facts are its headers.

    A frame without bytes is a tick: the camera lives (or its file has ended) and its time has moved on.
    """

    camera: str
    captured_at: Timestamp
    """When the sensor saw it, by the camera's clock corrected with `clock_offset_ms`."""
    received_at: Timestamp
    sequence: int
    clock_offset_ms: float = 0.0
    location: GeoPoint | None = None
    jpeg: bytes = b""

    @property
    def is_tick(self) -> bool:
        """True where the frame only tells the time."""
        return not self.jpeg


class Box(msgspec.Struct, frozen=True):
    """An upright rectangle in pixels of the original image."""

    x: float
    y: float
    width: float
    height: float


class FrameReference(msgspec.Struct, frozen=True):
    """Names one frame of a camera."""

    sequence: int
    captured_at: Timestamp


class PlateCandidate(msgspec.Struct, frozen=True):
    """One text that the plate may carry, and the probability that it is exactly this one."""

    plate: str
    confidence: Probability


class StateCandidate(msgspec.Struct, frozen=True):
    """A state or country that may have issued the plate, and how probably."""

    state: str
    """ISO 3166: `US-CA` for a state, `DE` for a country."""
    confidence: Probability


class ImageQuality(msgspec.Struct, frozen=True):
    """How good the best look was, so that a camera's aim can be judged."""

    plate_width_px: float
    sharpness: float
    """Standard deviation of the Laplacian over the plate, divided by its contrast; higher is sharper."""
    brightness: float | None = None
    """Mean tone of the plate, in [0, 1]."""
    contrast: float | None = None
    """Standard deviation of its tones, as a share of the whole range."""
    clipped: float | None = None
    """Share of its pixels that are black or white outright."""


class VehicleDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a list or a person says of a vehicle; empty where nothing is said."""

    make: str = ""
    """As written by the source, upper case: `FORD`, `TOYT`."""
    model: str = ""
    color: str = ""
    year: str = ""
    style: str = ""
    marks: str = ""
    """Dents, stickers, a roof rack: whatever tells it from others."""


class SeenAttribute(msgspec.Struct, frozen=True):
    """What a camera or a recogniser takes a vehicle's make or colour for, and how surely."""

    value: str
    confidence: Probability


class SeenVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle as it was seen; None where the camera does not say."""

    make: SeenAttribute | None = None
    model: SeenAttribute | None = None
    color: SeenAttribute | None = None


class ImageReference(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures of a detection: where they lie, and what proves that they are the original ones.

    They are kept under the detection's id. A later revision with a better look replaces those of an earlier one.
    """

    day: date
    """Folder of the store: the day of `captured_at`, in UTC."""
    plate_sha256: str
    """Of the plate's picture, in hexadecimal."""
    scene_sha256: str | None = None
    """Of the picture of the whole scene; None where none is kept."""
    of_best_look: bool = True
    """False where a restart lost the best look's frame: these may show the vehicle at another moment."""


class Detection(Record, frozen=True, kw_only=True):
    """One passing vehicle's plate, fused from all looks at it by one camera.

    A first confident state goes out as revision 1, the last as `final`; both have the same id, the later replaces the
    earlier.
    """

    id: str
    revision: Annotated[int, msgspec.Meta(ge=1)]
    final: bool
    camera: str
    captured_at: Timestamp
    """Capture time of the best look."""
    received_at: Timestamp
    first_seen_at: Timestamp
    last_seen_at: Timestamp
    decided_by: FrameReference
    """The frame that brought this revision about: its look made the read sure enough, or its time ended the pass."""
    plate: str
    """As read: upper case, letters and digits only; never folded."""
    plate_folded: str
    fold_version: int
    confidence: Probability
    lattice: tuple[dict[str, float], ...]
    """For each position the characters ("" for none) with p >= 0.001."""
    candidates: tuple[PlateCandidate, ...]
    looks: Annotated[int, msgspec.Meta(ge=1)]
    box: Box
    """Of the best look."""
    quality: ImageQuality
    state: str | None = None
    """State or country of issue, where it was recognised surely enough: `US-CA`, `DE`."""
    state_candidates: tuple[StateCandidate, ...] = ()
    """Who may have issued it, best first; empty where nobody looked."""
    earlier_plates: tuple[str, ...] = ()
    """Plates that earlier revisions of this pass read; who was told of them must hear that they were not so."""
    vehicle: SeenVehicle | None = None
    image: ImageReference | None = None
    """None where no picture was kept."""
    location: GeoPoint | None = None
    source: str = "recognition"
    engine: str = ""
    """Which recogniser, by name and version."""


class Category(StrEnum):
    """Why a plate is wanted."""

    AMBER = "amber"
    CASE = "case"
    FUGITIVE = "fugitive"
    GANG = "gang"
    MISSING = "missing"
    PROTECTIVE_ORDER = "protective-order"
    REVOKED = "revoked"
    SEX_OFFENDER = "sex-offender"
    STOLEN_PLATE = "stolen-plate"
    STOLEN_VEHICLE = "stolen-vehicle"
    SUSPECT = "suspect"
    TERRORIST_WATCH = "terrorist-watch"
    WARRANT = "warrant"


# Untracked by the collector: an entry can be in no cycle, and walking a million of them costs seconds at each load.
class HotlistEntry(Record, frozen=True, kw_only=True, gc=False):
    """One wanted plate of one list."""

    id: str
    hotlist: str
    plate: str
    """Normalised, not folded; of a partial plate with `?` for one unknown character and `*` for any number of them."""
    category: Category
    state: str | None = None
    """State of issue; None where the entry says "any state"."""
    vehicle: VehicleDescription | None = None
    record_number: str = ""
    """Of the source, such as NCIC's NIC."""
    entered_by: str = ""
    requested_by: str = ""
    """The officer who asked for the entry."""
    reason: str = ""
    """A local entry's synopsis of the originating call."""
    instructions: str = ""
    """Travels with every alert."""
    case_number: str = ""
    valid_from: Timestamp | None = None
    valid_until: Timestamp | None = None

    @property
    def is_partial(self) -> bool:
        """Whether characters of the plate are unknown."""
        return "?" in self.plate or "*" in self.plate


class ChangeKind(StrEnum):
    """What happened to an entry."""

    ADDED = "added"
    REMOVED = "removed"


class HotlistChange(Record, frozen=True, kw_only=True):
    """An entry was added to, or removed from, a list."""

    kind: ChangeKind
    entry: HotlistEntry
    at: Timestamp
    by: str


class Outcome(StrEnum):
    """How a read speaks for an entry. Only `exact` and `likely` sound."""

    EXACT = "exact"
    LIKELY = "likely"
    POSSIBLE = "possible"


class CharacterEvidence(msgspec.Struct, frozen=True):
    """One character of the wanted plate against what was read in its place."""

    wanted: str
    """The character; "" where the read has one too many."""
    read: dict[str, float]
    """What may stand there, with its probability; "" for nothing."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a match has its probability; see `streams.posterior`."""

    characters: tuple[CharacterEvidence, ...] = ()
    text: Probability
    """By the characters alone."""
    state_ratio: float = 1.0
    """How much likelier the seen state is if this is the wanted vehicle; 1 where either side does not say."""
    make_ratio: float = 1.0
    color_ratio: float = 1.0
    alternatives: dict[str, float] = {}
    """Other plates that passed perhaps, with the probability of each."""


class Match(Record, frozen=True, kw_only=True):
    """A detection and an entry, with the probability that the vehicle is the wanted one."""

    id: str
    detection: Detection
    entry: HotlistEntry
    hotlist_version: str
    hotlist_late: bool = False
    """The list was not loaded when it should have been: what it says may have been withdrawn."""
    probability: Probability
    outcome: Outcome
    evidence: Evidence | None = None
    historical: bool = False
    """Found by a look back over what was seen before the entry was active; it rings no siren."""
    matched_at: Timestamp


class HitSighting(msgspec.Struct, frozen=True, kw_only=True):
    """One pass that speaks for a hit."""

    detection: str
    """The detection's id."""
    plate: str
    """As read."""
    camera: str
    captured_at: Timestamp
    location: GeoPoint | None = None
    probability: Probability
    """By this pass alone."""
    outcome: Outcome | None = None
    """By this pass alone; None of what was seen before that was kept."""
    distance_km: float | None = None
    """From the sighting before it, as the crow flies."""
    seconds: float | None = None
    """Since the sighting before it."""
    image: ImageReference | None = None
    """The detection's."""


class Hit(Record, frozen=True, kw_only=True):
    """A match, or several that add up, over the threshold; one for all sightings of an entry within the window."""

    id: str
    revision: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Raised when the hit grows by a sighting; the later replaces the earlier."""
    match: Match
    """The likeliest of its matches."""
    probability: Probability
    """That the wanted vehicle was seen, by all sightings together."""
    outcome: Outcome
    sightings: tuple[HitSighting, ...] = ()
    """In the order of event time."""
    corroborated: bool = False
    """No sighting was over the threshold alone; together they are."""
    opened_at: Timestamp
    """Event time of the sighting that opened the window."""
    late: bool = False
    """All its sightings came in after the allowed lateness; such a hit rings no siren."""
    historical: bool = False
    """All its sightings are of before the entry was active."""


class AlertState(StrEnum):
    """Where an alert stands in its life; see `streams.alerts.transitions`."""

    RECEIVED = "received"
    """Nobody has looked at it."""
    VERIFIED = "verified"
    """A person compared picture and wanted plate, and they agree."""
    REJECTED = "rejected"
    """They do not agree: a misread, another state, another vehicle."""
    CONFIRMED = "confirmed"
    """The record is still outstanding, by NCIC or by dispatch."""
    NOT_CONFIRMED = "not-confirmed"
    """The record is no longer outstanding, or nobody could say."""
    DISPATCHED = "dispatched"
    CLEARED = "cleared"


class AlertEvent(StrEnum):
    """What brings an alert to its next revision."""

    RAISED = "raised"
    SIGHTED = "sighted"
    """It grew by a sighting."""
    UPGRADED = "upgraded"
    """It grew, and is more than possible, or no longer late or historical, for the first time: now it calls people."""
    REOPENED = "reopened"
    """It was closed, and the vehicle is seen again; see `streams.alerts.reopening`."""
    TAKEN = "taken"
    """A person sees to it."""
    ESCALATED = "escalated"
    """Nobody took it in time."""
    VERIFIED = "verified"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not-confirmed"
    OVERRIDDEN = "overridden"
    """Exigent circumstances: it may be dispatched unconfirmed; the reason is on record."""
    DISPATCHED = "dispatched"
    CLEARED = "cleared"


_DECIDE_WHETHER_VERIFIED = frozenset({AlertEvent.VERIFIED, AlertEvent.REJECTED, AlertEvent.REOPENED})
"""What a person compared before a vehicle was seen again says nothing of the new picture."""


class AlertPurpose(StrEnum):
    """Whether it is meant. What is no `actual` alert is marked in every format, and never sounds."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class ClearedOutcome(StrEnum):
    """How an alert ended."""

    ARREST = "arrest"
    RECOVERY = "recovery"
    """Of the vehicle, or the missing person."""
    CITATION = "citation"
    NO_ACTION = "no-action"
    NOT_LOCATED = "not-located"
    MISREAD = "misread"
    WRONG_STATE = "wrong-state"
    WRONG_VEHICLE = "wrong-vehicle"
    EXPIRED_ENTRY = "expired-entry"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a person saw when comparing picture and wanted plate."""

    plate_read: str
    """As they typed it."""
    state_agrees: bool
    vehicle_agrees: bool


class AlertStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an alert's life: who, when, why."""

    event: AlertEvent
    at: Timestamp
    by: str
    role: str
    reason: str = ""
    comparison: Comparison | None = None
    """Of `verified` and `rejected`."""
    outcome: ClearedOutcome | None = None
    """Of `cleared`: it stays in the history where the alert is reopened."""
    hit_outcome: Outcome | None = None
    """How sure the hit was at that moment; None of steps taken before that was kept."""


class Alert(Record, frozen=True, kw_only=True):
    """What people are told about a hit; one document, of which each change is a revision."""

    id: str
    revision: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Raised by each step; the later replaces the earlier."""
    state: AlertState
    hit: Hit
    raised_at: Timestamp
    purpose: AlertPurpose = AlertPurpose.ACTUAL
    priority: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3
    """1 goes first; by the category of its entry."""
    steps: tuple[AlertStep, ...]
    """What has happened to it, in order; the last made this revision."""
    taken_by: str = ""
    outcome: ClearedOutcome | None = None
    """Of a cleared alert."""

    @property
    def calls(self) -> bool:
        """Whether it calls for somebody: more than possible, and of now. In an exercise too, which does so silently."""
        return self.hit.outcome is not Outcome.POSSIBLE and not self.hit.late and not self.hit.historical

    @property
    def sounds(self) -> bool:
        """Whether it calls for somebody, and is meant."""
        return self.calls and self.purpose is AlertPurpose.ACTUAL

    @property
    def is_verified(self) -> bool:
        """Whether a person compared picture and wanted plate, and they agree.

        Before that it is no ground for a stop.
        """
        # The last counts: a dispatch under exigent circumstances may be verified, and rejected after all.
        decided = (step.event for step in reversed(self.steps) if step.event in _DECIDE_WHETHER_VERIFIED)
        return next(decided, None) is AlertEvent.VERIFIED


class Redrive(Record, frozen=True, kw_only=True):
    """A revision of an alert that is to go to one subscriber once more, because somebody asked for it."""

    subscription: str
    alert: Alert
    at: Timestamp
    by: str


class CameraState(StrEnum):
    """How a camera is doing."""

    LIVE = "live"
    STALLED = "stalled"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    FAILING = "failing"
    ENDED = "ended"


class CameraStatus(Record, frozen=True, kw_only=True):
    """A change of a camera's state, in one sentence, with its counts so far."""

    camera: str
    at: Timestamp
    state: CameraState
    reason: str = ""
    frames: int = 0
    frames_dropped: int = 0
    frames_unreadable: int = 0
    frames_spooled: int = 0


class AuditEvent(Record, frozen=True, kw_only=True):
    """Who did what, when, from where and why."""

    id: str
    at: Timestamp
    actor: str
    action: str
    subject: str
    terminal: str
    case_number: str = ""
    reason: str = ""
    details: dict[str, str] = {}


class DeadLetter(Record, frozen=True, kw_only=True):
    """A message that could not be handled: as it was, where it stood, and what went wrong."""

    id: str
    at: Timestamp
    stage: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    error: str
    reason: str
    stack: str
    tries: int
