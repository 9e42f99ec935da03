"""Everything about HTTP that belongs to no feature."""
