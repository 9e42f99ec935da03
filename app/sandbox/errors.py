"""The error of the sandbox."""


class SandboxError(Exception):
    """The stack cannot do what was requested. The message is shown at the terminal as it is, without a traceback."""
