"""The PayPal client, and the verification of PayPal's webhooks."""
