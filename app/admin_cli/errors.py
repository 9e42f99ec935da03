"""What a person at the terminal is told when a command for the database cannot do what was asked."""


class AdminCliError(Exception):
    """One clear message, meant to be shown as it is, without a traceback."""
