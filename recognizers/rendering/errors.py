"""What can go wrong when plates and clips are drawn.

RecognitionError
└── RenderingError
    ├── LayoutError      a layout file or a pattern in it is wrong
    ├── FontError        a bundled font is missing or lacks a character
    ├── ClipSpecError    the description of a clip asks for the impossible
    ├── ClipWriteError   the video cannot be written here
    └── TruthError       a truth file is missing or not one of ours
"""

from __future__ import annotations

from recognizers.plate import RecognitionError


class RenderingError(RecognitionError):
    """Root of what can go wrong in drawing plates and clips."""


class LayoutError(RenderingError):
    """A layout file or a pattern in it is wrong. The message names the layout and the fault."""


class FontError(RenderingError):
    """A bundled font is missing or damaged. The message names the file."""


class ClipSpecError(RenderingError):
    """The description of a clip asks for the impossible. The message names the field and its bounds."""


class ClipWriteError(RenderingError):
    """The video cannot be written. The message names the file."""


class TruthError(RenderingError):
    """A truth file is missing or is not one of ours. The message names the file and the place in it."""
