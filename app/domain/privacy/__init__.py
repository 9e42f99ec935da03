"""Export and deletion of the caller's data."""
