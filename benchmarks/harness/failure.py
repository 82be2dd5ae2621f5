"""What stops a run, and with which exit code."""


class Failure(Exception):
    """The run cannot be made: something is missing or did not start."""

    exit_code = 1


class Void(Failure):
    """The run was made but says nothing: the ceiling itself was too low."""

    exit_code = 3

    def __init__(self, message, measured):
        super().__init__(message)
        self.measured = measured
