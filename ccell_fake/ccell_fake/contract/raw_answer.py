"""What came back to a request that was made of bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ccell_fake.model import AnyReply, Operation, Resp
from ccell_fake.wire import replies

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
"""What every answer begins with (T5)."""


@dataclass(frozen=True)
class RawAnswer:
    """An answer, as it came.

    Attributes:
        operation: The endpoint.
        status: The HTTP status.
        headers: By their names in lower case.
        body: The bytes.
    """

    operation: Operation
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_declared(self) -> bool:
        """Whether it begins as every answer does, blanks aside."""
        return self.body.lstrip().startswith(DECLARATION)

    @cached_property
    def reply(self) -> AnyReply:
        """What it says.

        Raises:
            UnreadableReply: It is not the XML that the document describes.
        """
        return replies.parse(self.operation, self.body)

    @property
    def code(self) -> str:
        """The return of its root."""
        return self.reply.code

    @property
    def resps(self) -> tuple[Resp, ...]:
        """The resps of a send; nothing where it has none, or was refused."""
        return tuple(item for item in self.reply.items if isinstance(item, Resp))

    @property
    def resp(self) -> Resp:
        """The one resp of a send to one number."""
        assert len(self.resps) == 1, f"{self.code} with {len(self.resps)} resps, not one"  # noqa: S101 - a test asks
        return self.resps[0]

    @property
    def codes(self) -> list[str]:
        """The returns of its resps, in their order."""
        return [resp.code for resp in self.resps]

    @property
    def is_root_alone(self) -> bool:
        """Whether nothing stands in its root."""
        return not self.reply.items
