"""What goes wrong with a store."""

from ccell_fake.errors import CcellError


class StoreError(CcellError):
    """The store cannot be opened. The message names it and the reason."""


class SnapshotError(CcellError):
    """The snapshot cannot be restored. The message says why."""
