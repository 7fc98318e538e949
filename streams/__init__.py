"""The pipeline: a pure module per stage, and the Faust agents that wire it."""
