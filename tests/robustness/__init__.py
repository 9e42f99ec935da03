"""Tests under crashes, races, load and random histories, and of the tests themselves by mutation."""
