"""Offers: list, accept and decline, through the API or the link in the mail."""
