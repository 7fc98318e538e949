"""The one settings model."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from infra.settings.alerts import AlertSettings, DeliverySettings
from infra.settings.console import ConsoleSettings
from infra.settings.hotlists import HotlistsSettings
from infra.settings.images import ImageSettings
from infra.settings.local_entries import LocalEntrySettings, LookbackSettings
from infra.settings.pipeline import (
    CameraSettings,
    IndexingSettings,
    MatchingSettings,
    PublisherSettings,
    RecognitionSettings,
    RetentionSettings,
    WindowSettings,
)
from infra.settings.services import ElasticsearchSettings, KafkaSettings, RedisSettings
from infra.settings.workers import LogSettings, RetrySettings, WorkerSettings

ENVIRONMENT_PREFIX = "PLATEWATCH_"


class Settings(BaseSettings):
    """Everything that can be set. The environment goes before the files: PLATEWATCH_KAFKA__BOOTSTRAP."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    kafka: KafkaSettings = Field(default_factory=KafkaSettings, description="The broker.")
    redis: RedisSettings = Field(default_factory=RedisSettings, description="The hot-list store.")
    elasticsearch: ElasticsearchSettings = Field(default_factory=ElasticsearchSettings, description="The index.")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="How long anything lives.")
    cameras: tuple[CameraSettings, ...] = Field((), description="The cameras that `platewatch camera run` connects.")
    publisher: PublisherSettings = Field(default_factory=PublisherSettings, description="Frames to Kafka.")
    recognition: RecognitionSettings = Field(default_factory=RecognitionSettings, description="Pixels to passes.")
    images: ImageSettings = Field(default_factory=ImageSettings, description="Pictures of detections.")
    local_entries: LocalEntrySettings = Field(
        default_factory=LocalEntrySettings, description="What local hot-list entries may say."
    )
    lookback: LookbackSettings = Field(
        default_factory=LookbackSettings, description="New local entries against the passes of the last 30 days."
    )
    hotlists: HotlistsSettings = Field(
        default_factory=HotlistsSettings, description="The hot lists that come as files."
    )
    matching: MatchingSettings = Field(default_factory=MatchingSettings, description="Detections to matches.")
    windows: WindowSettings = Field(default_factory=WindowSettings, description="Matches to hits.")
    indexing: IndexingSettings = Field(default_factory=IndexingSettings, description="Detections to the index.")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="Hits to alerts.")
    delivery: DeliverySettings = Field(default_factory=DeliverySettings, description="Alerts to their subscribers.")
    console: ConsoleSettings = Field(default_factory=ConsoleSettings, description="The live feed and the HTTP API.")
    workers: WorkerSettings = Field(default_factory=WorkerSettings, description="What all workers share.")
    retry: RetrySettings = Field(default_factory=RetrySettings, description="How a stage meets trouble.")
    log: LogSettings = Field(default_factory=LogSettings, description="Logs.")

    @model_validator(mode="after")
    def _check_cameras(self) -> Self:
        names = [camera.name for camera in self.cameras]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"cameras: the name {twice[0]!r} stands twice; give each camera its own"
            raise ValueError(msg)
        return self

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the files are one source more than the base knows
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        **_: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order: given in code, environment, files."""
        files = settings_cls.model_config.get("yaml_file")
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, files, deep_merge=True)
