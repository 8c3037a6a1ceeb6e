"""Everything at once over the control API: a snapshot, its return, and the figures."""

from flask import Response, request
from werkzeug.exceptions import abort

from ccell_fake.settings import AccountSettings
from ccell_mock_server.config import account_checks
from ccell_mock_server.config.credentials import is_public
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.problems import problem
from ccell_mock_server.control.responses import done
from ccell_mock_server.services import Services

SNAPSHOT = "application/vnd.sqlite3"

_BYTES = {"schema": {"type": "string", "format": "binary"}}


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("state", "Everything at once.")

    @api.get("/state", {200: {"content": {SNAPSHOT: _BYTES}}})
    def get_state() -> Response:
        """Take a snapshot of everything: accounts, queues, clocks, faults, journals.

        It is an SQLite file, which `ccell-fake serve --store` opens too. Holds are not in it, and neither are passwords
        that were not made up here.
        """
        return Response(services.store.dump(is_public), content_type=SNAPSHOT)

    @api.put(
        "/state",
        {204: None},
        {"requestBody": {"required": True, "content": {SNAPSHOT: _BYTES}}},
    )
    def put_state() -> Response:
        """Put a snapshot back: everything is as it was, and what was there before is forgotten.

        Passwords that a snapshot leaves out are those the accounts have now.
        """
        if request.mimetype != SNAPSHOT:
            abort(problem(415, f"the body is {request.mimetype or 'of no type'}; it takes {SNAPSHOT}"))
        snapshot = request.get_data(cache=False)
        passwords = {one.settings.userid: one.settings.password for one in services.accounts}
        services.store.put_back(snapshot, passwords, _check, services.accounts.reload)
        return done()

    return [api]


def _check(settings: AccountSettings) -> None:
    flaws = "; ".join(map(str, account_checks.check_account(settings)))
    if flaws:
        raise ValueError(flaws)
