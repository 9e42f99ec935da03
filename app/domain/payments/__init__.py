"""Payments and refunds: their lifecycle between PostgreSQL and PayPal."""
