"""Trains the plate detector and the plate reader and exports them; needs the train extra, which serving does not."""
