"""Booking, cancelling, rescheduling, and the record of visits."""
