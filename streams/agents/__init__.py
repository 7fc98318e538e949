"""The Faust agents: wiring only, one file a worker."""
