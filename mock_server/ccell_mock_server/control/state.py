"""Operations on the state of the whole emulator: reset, snapshot and restore."""

from ccell_fake.store.errors import SnapshotError
from ccell_mock_server.config.accounts import is_public
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.control.api import Api, HttpOnlyAnswer, HttpRequest
from ccell_mock_server.control.problems import InvalidError, RefusedError
from ccell_mock_server.services import Services

SNAPSHOT = "application/vnd.sqlite3"

# The type of bytes that generated clients know.
_OCTETS = "application/octet-stream"
_BYTES = {"schema": {"type": "string", "format": "binary"}}


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("state", "The state of the whole emulator.")

    @api.add("post", "/reset")
    def reset() -> None:
        """Reset every account, and delete the journal of the requests of no account.

        Each account keeps its settings and its coverage, as after its own reset. Everything is reset, or nothing.
        """
        services.accounts.reset_all()

    @api.add_over_http("get", "/state", {200: {"content": {SNAPSHOT: _BYTES}}})
    def get_state() -> HttpOnlyAnswer:
        """Take a snapshot of everything: accounts, queues, clocks, faults, journals, coverage.

        It is an SQLite file, which `ccell-fake serve --store` opens too. It does not contain holds, nor passwords that
        the emulator did not make.
        """
        return HttpOnlyAnswer(services.store.dump(is_public), SNAPSHOT)

    @api.add_over_http(
        "put",
        "/state",
        {204: None},
        {"requestBody": {"required": True, "content": {SNAPSHOT: _BYTES, _OCTETS: _BYTES}}},
    )
    def put_state(http: HttpRequest) -> None:
        """Replace everything with a snapshot, except the coverage.

        Passwords that are missing in the snapshot are those the accounts have now. The coverage of an account that the
        snapshot lacks counts as that of a closed one.
        """
        if http.mimetype not in {SNAPSHOT, _OCTETS}:
            raise RefusedError(415, f"the body must be {SNAPSHOT} or {_OCTETS}, got {http.mimetype or 'no type'}")
        snapshot = http.read()
        try:
            services.store.restore(snapshot)
        except SnapshotError as error:
            raise InvalidError([ConfigProblem("", str(error))]) from error

    return [api]
