"""A mail server that keeps all mails in memory and shows them."""
