"""The errors that are told in one line: their messages are sentences for people, so no traceback is shown."""

from __future__ import annotations

from connectors.source import ConnectorError
from dashboards.audit_log import AuditLogError
from dashboards.console_tokens import TokensFileError
from dashboards.plate_search import SearchError
from infra.bench.errors import BenchError
from infra.demo.installation import DemoError
from infra.elastic_templates import ElasticSetupError
from infra.health import PortTakenError
from infra.kafka_admin import KafkaAdminError
from infra.local_stack.errors import LocalStackError
from infra.recognize.errors import RecognizeError
from infra.settings import SettingsError
from recognizers.plate import RecognitionError
from streams.faults import StreamError
from streams.hotlist_store import HotlistIncompleteError
from streams.matching import UnknownCategoryError

KNOWN_FAULTS = (
    AuditLogError,
    BenchError,
    ConnectorError,
    DemoError,
    ElasticSetupError,
    HotlistIncompleteError,
    KafkaAdminError,
    LocalStackError,
    PortTakenError,
    RecognitionError,
    RecognizeError,
    SearchError,
    SettingsError,
    StreamError,
    TokensFileError,
    UnknownCategoryError,
)
"""The roots of our own errors."""
