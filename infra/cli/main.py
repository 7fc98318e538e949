"""`platewatch`: the root of all commands, and the one place where errors become one line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer
from rich.console import Console

from connectors.source import ConnectorError
from dashboards.audit_log import AuditLogError
from dashboards.plate_search import SearchError
from infra.camera_cli import camera_app
from infra.cli.demo import demo
from infra.cli.hotlist import hotlist_app
from infra.cli.options import SettingsFiles
from infra.cli.search import search
from infra.cli.settings import settings_app
from infra.demo.installation import DemoError
from infra.elastic_templates import ElasticSetupError, Lifecycle
from infra.health import PortTakenError
from infra.initialise import initialise
from infra.kafka_admin import KafkaAdminError
from infra.local_stack.errors import LocalStackError
from infra.logs import configure_logs
from infra.settings import SettingsError, load_settings
from infra.settings.workers import WorkerName
from infra.stack_cli import stack_app
from recognizers.plate import RecognitionError
from streams.faults import StreamError
from streams.hotlist_store import HotlistIncompleteError

FAILED = 2

KNOWN_FAULTS = (
    AuditLogError,
    ConnectorError,
    DemoError,
    ElasticSetupError,
    HotlistIncompleteError,
    KafkaAdminError,
    LocalStackError,
    PortTakenError,
    RecognitionError,
    SearchError,
    SettingsError,
    StreamError,
)
"""The roots of our own errors: their messages are sentences for people, so no traceback is shown."""

app = typer.Typer(
    name="platewatch",
    help="Licence plate recognition as a stream: frames to verified alerts, everything gone after 30 days.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(stack_app, name="stack")
app.add_typer(settings_app, name="settings")
app.add_typer(camera_app, name="camera")
app.add_typer(hotlist_app, name="hotlist")
app.command("search")(search)
app.command("demo")(demo)


@app.command("init")
def init(*, settings_files: SettingsFiles = None) -> None:
    """Create topics, index templates and policies; safe to repeat."""
    done = initialise(load_settings(*(settings_files or ())))
    typer.echo(f"topics: {len(done.topics.created)} created, {len(done.topics.kept)} kept")
    if done.lifecycle is Lifecycle.BY_POLICY:
        typer.echo("elasticsearch: template and lifecycle policy in place")
    else:
        typer.echo("elasticsearch: template in place; this distribution has no lifecycle service")


@app.command("worker")
def worker(
    name: Annotated[WorkerName, typer.Argument(help="Which worker.")], *, settings_files: SettingsFiles = None
) -> None:
    """Run one worker until it is told to stop."""
    settings = load_settings(*(settings_files or ()))
    configure_logs(settings.log)
    # Imported here: Faust and the models are slow to load, and no other command needs them.
    from streams.worker import run_worker  # noqa: PLC0415

    run_worker(settings, name)


def main() -> None:
    """Run the command line; our own errors are one line on standard error, and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except KNOWN_FAULTS as error:
        Console(stderr=True, soft_wrap=True).print(f"platewatch: {error}", style="bold red", markup=False)
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
