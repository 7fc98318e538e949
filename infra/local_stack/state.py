"""What a stack remembers between runs, in its state folder."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path

from infra.local_stack.addresses import Login, Security, StackAddresses
from infra.local_stack.credentials import CLIENT_USER, StackCredentials, password_file
from infra.local_stack.errors import StackStateError
from infra.local_stack.launch import Service
from infra.local_stack.ports import HOST, StackPorts, ports_from_dict, ports_to_dict

FORMAT = 1

# Where servers keep their data when root starts a stack in a folder that their account cannot reach.
SHARED_HOMES = Path("/var/lib/platewatch")


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The files of a state folder."""

    folder: Path

    @property
    def state(self) -> Path:
        """What kind of stack it is."""
        return self.folder / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by the one process that starts or stops something."""
        return self.folder / ".lock"

    @property
    def settings(self) -> Path:
        """The addresses as a fragment of Platewatch's settings."""
        return self.folder / "settings.yaml"

    @property
    def secrets(self) -> Path:
        """Passwords and certificates of a secured stack."""
        return self.folder / "secrets"

    @property
    def authority(self) -> Path:
        """The certificate that clients of a secured stack trust."""
        return self.secrets / "ca.crt"

    @property
    def records(self) -> Path:
        """Which processes the services are."""
        return self.folder / "run"

    def record(self, service: Service) -> Path:
        """Which process a service is."""
        return self.records / f"{service}.json"

    @property
    def shared_homes(self) -> Path:
        """Where the services' homes are if their account cannot reach this folder."""
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return SHARED_HOMES / f"{self.folder.name}-{digest}"


@dataclass(frozen=True, slots=True)
class StackState:
    """What must stay the same for the life of the data, and the ports, which clients would rather not see change."""

    security: Security
    ports: StackPorts
    cluster_id: str


def new_state(security: Security, ports: StackPorts) -> StackState:
    """The state of a stack that is started for the first time."""
    # A leading minus would look like an option to Kafka's tools.
    cluster_id = ""
    while not cluster_id or cluster_id.startswith("-"):
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return StackState(security, ports, cluster_id)


def load_state(path: Path) -> StackState | None:
    """The state in the file; None where there is none.

    Raises:
        StackStateError: the file is damaged, or of another version of Platewatch.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] != FORMAT:
            msg = (
                f"{path} is of format {raw['format']}, and this Platewatch knows format {FORMAT}: "
                "run `platewatch stack reset`, which deletes its data, or name another folder with --state-dir"
            )
            raise StackStateError(msg)
        return StackState(Security(raw["security"]), ports_from_dict(raw["ports"]), str(raw["cluster_id"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        msg = (
            f"{path} is damaged: run `platewatch stack reset`, which deletes its data, "
            "or name another folder with --state-dir"
        )
        raise StackStateError(msg) from error


def save_state(path: Path, state: StackState) -> None:
    """Write the state; whole or not at all."""
    raw = {
        "format": FORMAT,
        "security": state.security,
        "ports": ports_to_dict(state.ports),
        "cluster_id": state.cluster_id,
    }
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def addresses_of(paths: StatePaths, state: StackState, credentials: StackCredentials | None) -> StackAddresses:
    """Where the services are; with logins if there are credentials."""
    ports = state.ports

    def login(name: str, password: str) -> Login:
        return Login(CLIENT_USER, password, password_file(paths.secrets, name))

    secured = credentials is not None
    return StackAddresses(
        kafka_bootstrap=f"{HOST}:{ports.kafka}",
        elasticsearch_url=f"{'https' if secured else 'http'}://{HOST}:{ports.elasticsearch}",
        redis_url=f"redis://{HOST}:{ports.redis}/0",
        settings_file=paths.settings,
        kafka_login=login("kafka", credentials.kafka) if credentials else None,
        elasticsearch_login=login("elasticsearch", credentials.elasticsearch) if credentials else None,
        redis_login=login("redis", credentials.redis) if credentials else None,
        ca_file=paths.authority if secured else None,
    )
