"""The error that the commands for operators and admins raise."""


class AdminCliError(Exception):
    """A command failed. The message is shown at the terminal as it is, without a traceback."""
