"""Reference pages that are generated from the code, so that they cannot say anything else than it does."""

from infra.reference_docs.files import reference_files, remove_left_over, stale_files, write_files

__all__ = ["reference_files", "remove_left_over", "stale_files", "write_files"]
