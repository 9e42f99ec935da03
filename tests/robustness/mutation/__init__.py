"""Every rule taken away once: a test must fail."""
