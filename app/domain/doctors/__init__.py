"""Public profiles of doctors, and their free slots."""
