"""Logins: passwords, access and refresh tokens, codes by mail. Every feature may import it."""
