"""iCalendar: the events of mails, and the private feed."""
