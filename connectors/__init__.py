"""The outside world in: frame sources, the publisher to Kafka and its disk spool."""
