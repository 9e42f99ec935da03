"""Authentication: passwords, sessions, access and refresh tokens, mailed codes. Every feature can import it."""
