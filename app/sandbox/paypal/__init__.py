"""The PayPal stand-in, in which no money moves."""
