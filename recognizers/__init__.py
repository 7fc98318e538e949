"""Images to plate reads; knows nothing of cameras or Kafka."""
