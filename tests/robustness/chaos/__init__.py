"""Random load while servers and workers fail."""
