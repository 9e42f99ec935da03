"""Registration, and the caller's own account."""
