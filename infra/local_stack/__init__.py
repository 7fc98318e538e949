"""Real Kafka, Elasticsearch and Redis as child processes: no container, no root, no system Java."""
