"""The client of PayPal: calls and answers, and the check of its webhooks."""
