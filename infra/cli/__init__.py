"""The command line: each command parses, builds, calls one function. The only place where all parts come together."""
