"""HTTP code that all features share."""
