"""The client of PayPal and the check of its webhooks, against the stand-in."""
