"""What can be wrong with a hot-list file as a whole; a single bad row is a `RefusedRow`, not an error.

ConnectorError
└── HotlistError
    ├── HotlistFileError       the file cannot be used: the live list stays as it is
    ├── HotlistTemplateError   the template is missing, broken, or there twice
    ├── HotlistStoppedError    the load is suspicious; a person decides
    └── HotlistArchiveError    the last good file of a list is missing, damaged, or cannot be written
"""

from __future__ import annotations

from connectors.source import ConnectorError


class HotlistError(ConnectorError):
    """Root of what can go wrong with hot-list files."""


class HotlistFileError(HotlistError):
    """The file cannot be used at all; the message says why and what to do."""


class HotlistTemplateError(HotlistError):
    """No such template, two of one name, or one that says what cannot be; the message names file and place."""


class HotlistStoppedError(HotlistError):
    """The guard stopped the load. Look at the refused rows and the sizes, then accept with a reason, or fetch again."""


class HotlistArchiveError(HotlistError):
    """The last good file of a list cannot be read or written; the message names the file."""
