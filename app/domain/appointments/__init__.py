"""Appointments: book, cancel, reschedule, record visits."""
