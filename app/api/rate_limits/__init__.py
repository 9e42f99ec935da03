"""Rate limits, counted in Redis for all processes together."""
