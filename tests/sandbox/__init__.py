"""Tests of `booking up` and its servers."""
