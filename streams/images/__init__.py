"""Pictures of what was detected: where they are kept, how long, and who may fetch them."""
