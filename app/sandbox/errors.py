"""What a person at the terminal is told when the stack cannot do what was asked."""


class SandboxError(Exception):
    """One clear message, meant to be shown as it is, without a traceback."""
