"""Tests of the rules in SQL, by feature; those that prove a rule are marked so."""
