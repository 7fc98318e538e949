"""What can go wrong with the local stack; every message is one sentence that also says what to do.

LocalStackError
├── LockFileError       stack.lock cannot be read
├── ArtifactError       a server could not be fetched or unpacked
├── AccountError        a folder is out of reach of the account that the servers run under
├── PortInUseError      another program listens where a server should
├── ServiceStartError   a server ended, or did not answer in time
├── StackStateError     the state folder is damaged, of another version, or cannot be written
├── SecurityMismatchError  the stack there is secured and a plain one was asked for, or the other way round
└── StackBusyError      another process starts or stops the same stack
"""

from __future__ import annotations


class LocalStackError(Exception):
    """Root of the errors of the local stack."""


class LockFileError(LocalStackError):
    """A line of stack.lock is not `group:artifact:version[:packaging] sha256`."""


class ArtifactError(LocalStackError):
    """An artifact could not be fetched whole, or not be unpacked."""


class AccountError(LocalStackError):
    """The account that the servers run under cannot reach a folder that it needs."""


class PortInUseError(LocalStackError):
    """Another program listens on a port that a service needs."""


class ServiceStartError(LocalStackError):
    """A service ended while it started, or did not answer in time; the end of its log is in the message."""


class StackStateError(LocalStackError):
    """The state folder is damaged, of another version, or cannot be written."""


class SecurityMismatchError(LocalStackError):
    """A secured stack was asked for where a plain one is, or the other way round."""


class StackBusyError(LocalStackError):
    """Another process held the stack for longer than it should take."""
