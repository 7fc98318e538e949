"""Hot-list files: described by a template, read row by row, guarded, and kept so that a list can be rebuilt."""
