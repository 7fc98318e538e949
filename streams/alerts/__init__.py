"""An alert's life: what may happen to it, where it is kept, and what is told of it."""
