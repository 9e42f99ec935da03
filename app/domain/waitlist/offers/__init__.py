"""Offers: accept or decline one, over the API or by the link of its mail."""
