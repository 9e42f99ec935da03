"""iCalendar: events in mails, and the private calendar feed."""
