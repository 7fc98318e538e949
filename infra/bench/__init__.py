"""Measures what we promise: `platewatch bench NAME`."""
