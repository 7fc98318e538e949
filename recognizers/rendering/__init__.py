"""Draws licence plates and traffic clips whose every character is known: for the demo, the tests, the training."""
