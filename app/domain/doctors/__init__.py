"""Doctors and their free slots, as the public sees them."""
