"""Settings, metrics, local stack, templates and the command line."""
