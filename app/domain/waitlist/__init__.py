"""The waitlist: entries of waiting patients, and offers of freed slots."""
