"""A doctor's working hours and time off."""
