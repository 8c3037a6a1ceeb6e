"""Operations on the state of the whole emulator: snapshot and restore."""

from flask import Response, request
from werkzeug.exceptions import abort

from ccell_fake.settings import AccountSettings
from ccell_mock_server.config.accounts import check_account, is_public
from ccell_mock_server.control.api import Api, empty
from ccell_mock_server.control.problems import problem
from ccell_mock_server.services import Services

SNAPSHOT = "application/vnd.sqlite3"

_BYTES = {"schema": {"type": "string", "format": "binary"}}


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("state", "The state of the whole emulator.")

    @api.add("get", "/state", {200: {"content": {SNAPSHOT: _BYTES}}})
    def get_state() -> Response:
        """Take a snapshot of everything: accounts, queues, clocks, faults, journals.

        It is an SQLite file, which `ccell-fake serve --store` opens too. It does not contain holds, nor passwords that
        the emulator did not make.
        """
        return Response(services.store.dump(is_public), content_type=SNAPSHOT)

    @api.add(
        "put",
        "/state",
        {204: None},
        {"requestBody": {"required": True, "content": {SNAPSHOT: _BYTES}}},
    )
    def put_state() -> Response:
        """Replace everything with a snapshot.

        Passwords that are missing in the snapshot are those the accounts have now.
        """
        if request.mimetype != SNAPSHOT:
            abort(problem(415, f"the body must be {SNAPSHOT}, got {request.mimetype or 'no type'}"))
        snapshot = request.get_data(cache=False)
        passwords = {one.settings.userid: one.settings.password for one in services.accounts}
        services.store.restore(snapshot, passwords, _check, services.accounts.reload)
        return empty()

    return [api]


def _check(settings: AccountSettings) -> None:
    flaws = "; ".join(map(str, check_account(settings)))
    if flaws:
        raise ValueError(flaws)
