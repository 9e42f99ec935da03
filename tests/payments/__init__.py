"""Tests of the PayPal client, the webhook signatures and the PayPal stand-in."""
