"""Pictures and videos to reads, on this machine and without servers: what `platewatch recognize` does."""
