"""Connections that do not wait for ever for a database that has fallen silent.

The server bounds locks and statements, and TCP notices a machine that is gone. Neither ends the wait for a frozen
server, or for a proxy that keeps the connection open and passes on nothing.
"""

from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait

from ccell_fake.clock import elapsed

LONGEST_SILENCE = 7.0
"""Seconds to wait for an answer. It is more than the server takes for any statement."""

_Result = TypeVar("_Result")


class BoundedConnection(Connection[Any]):
    """A connection that is lost after it has waited too long for an answer.

    Attributes:
        longest_silence: Seconds to wait for an answer.
    """

    longest_silence: float = LONGEST_SILENCE

    def wait(self, gen: PQGen[_Result], *arguments: Any, **named: Any) -> _Result:  # noqa: ANN401 - psycopg's
        """Complete an exchange with the database.

        Raises:
            OperationalError: The database does not answer.
        """
        return super().wait(_bounded(gen, self.pgconn, self.longest_silence), *arguments, **named)


def _bounded(exchange: PQGen[_Result], connection: PGconn, seconds: float) -> Generator[Wait, Ready | int, _Result]:
    ends = elapsed() + seconds
    try:
        wanted = next(exchange)
        while True:
            ready = yield wanted
            # Nothing is ready after each interval of the wait.
            if not ready and elapsed() > ends:
                connection.finish()
                message = f"the database has not answered for {seconds:.0f} s"
                raise OperationalError(message)
            wanted = exchange.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
