"""Removes or weakens each rule in turn: a test must fail."""
