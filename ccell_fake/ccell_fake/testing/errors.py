"""What a test is told where things are not as it says."""

from ccell_fake.errors import CcellError


class NotAsExpected(CcellError, AssertionError):
    """What a test looks for is not there, or more than once; the message says what is."""


class NotInProcess(CcellError):
    """The emulator runs in another process, so that there is no way to it but a connection."""
