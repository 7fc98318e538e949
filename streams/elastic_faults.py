"""Elasticsearch's faults in our words: away, to be set up, or not to be asked so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from elastic_transport import TransportError
from elasticsearch import ApiError, BadRequestError, NotFoundError

from streams.faults import ServiceAwayError, StreamError, UnhandledError

SERVICE = "elasticsearch"


def no_index(index: str) -> str:
    """What is said where an index is missing."""
    return f"Elasticsearch has no index {index}; run `platewatch init`"


@contextmanager
def faults_told(index: str) -> Iterator[None]:
    """Whoever asks for an index inside gets the client's errors in our words.

    What means something of its own to them (a document that is not there, a conflict) they catch inside.

    Raises:
        ServiceAwayError: Elasticsearch does not answer, or not now.
        StreamError: there is no such index.
        UnhandledError: it refuses what it is asked, and will.
    """
    try:
        yield
    except TransportError as error:
        raise ServiceAwayError(SERVICE, type(error).__name__) from error
    except NotFoundError as error:
        raise StreamError(no_index(index)) from error
    except BadRequestError as error:
        msg = f"Elasticsearch refuses what it is asked: {error.message}"
        raise UnhandledError(msg) from error
    except ApiError as error:
        raise ServiceAwayError(SERVICE, f"it answered {error.status_code} {error.error}") from error
