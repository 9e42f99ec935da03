"""A PayPal without money."""
