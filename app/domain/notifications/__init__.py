"""Mails: their texts in each locale, and the connections to the mail server."""
