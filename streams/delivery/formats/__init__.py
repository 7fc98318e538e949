"""An alert in the words of its receiver: a small pure function for each format."""
