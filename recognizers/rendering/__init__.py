"""Draws licence plates and traffic clips whose every character is known; it feeds the demo, the tests and the training."""
