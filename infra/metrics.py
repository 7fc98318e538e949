"""All metrics, declared once; the only module that knows Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
"""Ours alone: no process-wide default collectors that tests or embedders would trip over."""

_LATENCY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 30, 60)

FRAMES_PUBLISHED = Counter(
    "platewatch_frames_published", "Frames acknowledged by Kafka.", ["camera"], registry=REGISTRY
)
FRAMES_SPOOLED = Counter("platewatch_frames_spooled", "Frames put on the disk spool.", ["camera"], registry=REGISTRY)
FRAMES_DROPPED = Counter(
    "platewatch_frames_dropped", "Frames given up, by reason.", ["camera", "reason"], registry=REGISTRY
)
SPOOL_BYTES = Gauge("platewatch_spool_bytes", "Bytes that wait on the disk spool.", registry=REGISTRY)

MESSAGES_HANDLED = Counter(
    "platewatch_messages_handled", "Messages that a stage has finished with.", ["stage"], registry=REGISTRY
)
MESSAGES_RETRIED = Counter(
    "platewatch_messages_retried", "Tries that failed for a passing reason.", ["stage", "error"], registry=REGISTRY
)
MESSAGES_DEAD_LETTERED = Counter(
    "platewatch_messages_dead_lettered", "Messages that could not be handled.", ["stage", "error"], registry=REGISTRY
)
UNKNOWN_FIELDS = Counter(
    "platewatch_unknown_fields",
    "Fields that came with a record and are not part of it.",
    ["record"],
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "platewatch_stage_seconds", "Time of one step.", ["stage", "step"], buckets=_LATENCY_BUCKETS, registry=REGISTRY
)
STAGE_WAITING = Gauge(
    "platewatch_stage_waiting",
    "1 while a stage waits for a service that is away.",
    ["stage", "service"],
    registry=REGISTRY,
)
DETECTIONS = Counter("platewatch_detections", "Detections, by camera and kind.", ["camera", "kind"], registry=REGISTRY)
IMAGES = Counter(
    "platewatch_images", "Detections told, by what became of their pictures.", ["result"], registry=REGISTRY
)
BEST_LOOKS_LET_GO = Counter(
    "platewatch_best_looks_let_go",
    "Frames of open passes that were too many to be held until the pass is told.",
    registry=REGISTRY,
)
IMAGE_DAYS_DELETED = Counter(
    "platewatch_image_days_deleted", "Days whose pictures were deleted, as their time was over.", registry=REGISTRY
)
IMAGE_UPKEEP_FAILURES = Counter(
    "platewatch_image_upkeep_failures", "Rounds in which pictures that are too old stayed.", registry=REGISTRY
)
MATCHES = Counter("platewatch_matches", "Matches, by outcome.", ["outcome"], registry=REGISTRY)
HITS = Counter(
    "platewatch_hits", "Hits opened, by outcome and timeliness.", ["outcome", "timeliness"], registry=REGISTRY
)
HITS_GROWN = Counter("platewatch_hits_grown", "Sightings that joined a hit that was told.", registry=REGISTRY)
WINDOW_SIGHTINGS = Gauge("platewatch_window_sightings", "Sightings that the windows remember.", registry=REGISTRY)
WINDOWS_LET_GO = Counter(
    "platewatch_windows_let_go",
    "Entries whose sightings were forgotten: their time was over, or memory ran out.",
    ["reason"],
    registry=REGISTRY,
)
SIGHTINGS_UNTOLD = Counter(
    "platewatch_sightings_untold", "Weak sightings that nothing bore out before their time was over.", registry=REGISTRY
)
SIGHTINGS_FORGOTTEN = Counter(
    "platewatch_sightings_forgotten", "Oldest sightings of an entry that is seen all the time.", registry=REGISTRY
)
DELIVERIES = Counter(
    "platewatch_deliveries",
    "Deliveries that have ended, by subscription and result.",
    ["subscription", "result"],
    registry=REGISTRY,
)
DELIVERY_TRIES = Counter(
    "platewatch_delivery_tries", "Tries, by subscription and verdict.", ["subscription", "verdict"], registry=REGISTRY
)
DELIVERY_SECONDS = Histogram(
    "platewatch_delivery_seconds",
    "From the alert's revision to its subscriber's answer.",
    ["subscription"],
    buckets=_LATENCY_BUCKETS,
    registry=REGISTRY,
)
DELIVERIES_WAITING = Gauge(
    "platewatch_deliveries_waiting", "Deliveries that wait for their subscriber.", ["subscription"], registry=REGISTRY
)
ENDPOINT_RESTS = Gauge(
    "platewatch_endpoint_rests", "1 while an endpoint that failed is left alone.", ["subscription"], registry=REGISTRY
)
DELIVERY_LOG_WAITING = Gauge(
    "platewatch_delivery_log_waiting", "Deliveries whose state is not in the index yet.", registry=REGISTRY
)
ALERTS_UNRECORDED = Gauge(
    "platewatch_alerts_unrecorded", "Alerts whose document is not up with their hit yet.", registry=REGISTRY
)
ALERTS_RAISED = Counter("platewatch_alerts_raised", "Revisions of alerts, by event.", ["event"], registry=REGISTRY)
FEED_EVENTS = Counter("platewatch_feed_events", "Changes of alerts that came to the live feed.", registry=REGISTRY)
FEED_UNREADABLE = Counter(
    "platewatch_feed_unreadable", "Messages of pw.alerts that are no alert, met by the live feed.", registry=REGISTRY
)
FEED_CLIENTS = Gauge("platewatch_feed_clients", "Clients of the live feed.", registry=REGISTRY)
FEED_CLIENTS_DROPPED = Counter(
    "platewatch_feed_clients_dropped", "Clients that the live feed cut off, by reason.", ["reason"], registry=REGISTRY
)
FEED_RESUMED = Counter(
    "platewatch_feed_resumed",
    "Clients that went on where they were, by where what they missed was read.",
    ["read_from"],
    registry=REGISTRY,
)
DOCUMENTS_INDEXED = Counter("platewatch_documents_indexed", "Documents written.", ["result"], registry=REGISTRY)
LOOKBACKS_WAITING = Gauge(
    "platewatch_lookbacks_waiting", "Look-backs of new entries that are not done.", registry=REGISTRY
)
LOOKBACK_PASSES = Counter(
    "platewatch_lookback_passes", "Indexed passes that look-backs came by, by result.", ["result"], registry=REGISTRY
)
HOTLIST_REBUILDS = Counter(
    "platewatch_hotlist_rebuilds", "Times that Redis had lost the hot lists and got them back.", registry=REGISTRY
)
HOTLIST_LATE = Gauge(
    "platewatch_hotlist_late",
    "1 while a list was not loaded as often as it should be.",
    ["hotlist"],
    registry=REGISTRY,
)
UPKEEP_FAILURES = Counter(
    "platewatch_upkeep_failures", "Rounds of the hot lists' upkeep that failed, by duty.", ["duty"], registry=REGISTRY
)
LAST_COMMIT = Gauge("platewatch_last_commit_timestamp_seconds", "When offsets were last committed.", registry=REGISTRY)
LAG = Gauge("platewatch_lag_messages", "Messages that wait in a partition.", ["topic", "partition"], registry=REGISTRY)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
