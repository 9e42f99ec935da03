"""Mails: what they say in each locale, and the connection to the mail server."""
