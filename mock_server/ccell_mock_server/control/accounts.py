"""Accounts over the control API: minted, looked at, changed, reset, closed."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from itertools import islice
from typing import Any

from flask import Response, request

from ccell_fake.clock import to_micros
from ccell_fake.control.models import AccountAnswer, AccountsAnswer, SettingsBody
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_admin import look_at
from ccell_fake.errors import NotPossible
from ccell_fake.inspection import AccountSeen
from ccell_fake.settings import AccountSettings
from ccell_fake.store.ledger import SqliteLedger
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config import account_checks
from ccell_mock_server.config.credentials import is_public
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.problems import InvalidError
from ccell_mock_server.control.requests import AccountPath, AccountsQuery
from ccell_mock_server.control.responses import done, page, said
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("accounts", "Each is a admin.")

    @api.get("/accounts", {200: AccountsAnswer})
    def list_accounts(query: AccountsQuery) -> Response:
        """List the accounts, in the order of their userids."""
        with services.store.transaction() as ledger:
            accounts = sorted(services.accounts, key=lambda one: one.settings.userid)
            behind = (one for one in accounts if query.cursor is None or one.settings.userid > query.cursor)
            seen = [_seen(services, account, ledger) for account in islice(behind, query.limit + 1)]
        return page(AccountsAnswer, [_answer(one) for one in seen], query.limit, lambda one: one.userid)

    @api.post("/accounts", {201: AccountAnswer})
    def mint_account(body: SettingsBody) -> Response:
        """Open an account.

        A userid of six digits and a password are made for it where the body has none. What the body leaves out is at
        its default.
        """
        return said(_open(services, body.root), 201)

    @api.get("/accounts/<userid>", {200: AccountAnswer})
    def get_account(path: AccountPath) -> Response:
        """Look at an account."""
        return said(_answer(services.admin(path.userid).seen()))

    @api.put("/accounts/<userid>", {200: AccountAnswer, 201: AccountAnswer})
    def put_account(path: AccountPath, body: SettingsBody) -> Response:
        """Replace an account's settings, or open it.

        What the body leaves out is at its default, the password as it was. Queues, clock and faults stay, and requests
        in progress are judged by what is put.
        """
        settings = _of_path(path.userid, body.root)
        with services.store.transaction() as ledger:
            former = services.accounts.get(path.userid)
            if former is not None:
                settings = replace(settings, password=settings.password or former.settings.password)
            answer = _keep(services, settings, ledger)
        return said(answer, 201 if former is None else 200)

    @api.patch("/accounts/<userid>", {200: AccountAnswer})
    def patch_account(path: AccountPath, body: SettingsBody) -> Response:
        """Change those of an account's settings that the body has."""
        settings = _of_path(path.userid, body.root)
        given: dict[str, Any] = {name: getattr(settings, name) for name in request.get_json()}
        return said(_change(services, path.userid, lambda old: replace(old, **given)))

    @api.delete("/accounts/<userid>")
    def delete_account(path: AccountPath) -> Response:
        """Close an account.

        Everything of it is forgotten, its holds and delays end; nothing else is touched.
        """
        services.admin(path.userid).close()
        return done()

    @api.post("/accounts/<userid>/reset", {200: AccountAnswer})
    def reset_account(path: AccountPath) -> Response:
        """Forget everything of an account but its settings.

        Messages, reports, upstream messages, journal, faults, the clock and the lock are as on the first day; holds and
        delays end. Nothing else is touched.
        """
        return said(_answer(services.admin(path.userid).reset()))

    @api.delete("/accounts/<userid>/lock")
    def unlock_account(path: AccountPath) -> Response:
        """Let an account in again that repeated excess has locked."""
        services.admin(path.userid).unlock()
        return done()

    return [api]


def _of_path(userid: str, settings: AccountSettings) -> AccountSettings:
    if settings.userid not in {"", userid}:
        raise InvalidError(
            [ConfigProblem("userid", f"the path says {userid!r}; leave it out of the body", f'"{settings.userid}"')]
        )
    return replace(settings, userid=userid)


def _checked(settings: AccountSettings) -> AccountSettings:
    flaws = tuple(account_checks.check_account(settings))
    if flaws:
        raise InvalidError(flaws)
    return settings


def _open(services: Services, settings: AccountSettings) -> AccountAnswer:
    with services.store.transaction() as ledger:
        if settings.userid in services.accounts:
            message = f"there is an account {settings.userid!r} already; PUT changes it"
            raise NotPossible(message)
        return _keep(services, settings, ledger)


def _keep(services: Services, settings: AccountSettings, ledger: SqliteLedger) -> AccountAnswer:
    completed = services.mint.complete(_checked(settings), services.accounts)
    return _answer(_seen(services, services.accounts.keep(completed, ledger), ledger))


def _seen(services: Services, account: Account, ledger: SqliteLedger) -> AccountSeen:
    return look_at(account, ledger, to_micros(services.accounts.clock.now()))


def _change(services: Services, userid: str, change: Callable[[AccountSettings], AccountSettings]) -> AccountAnswer:
    return _answer(services.admin(userid).change(lambda old: _checked(change(old))))


def _answer(seen: AccountSeen) -> AccountAnswer:
    password = seen.settings.password if is_public(seen.settings.password) else HIDDEN
    values = {one.name: getattr(seen, one.name) for one in fields(seen)}
    settings = replace(seen.settings, password=password)
    return AccountAnswer.model_validate(
        {**values, "userid": settings.userid, "password": password, "settings": asdict(settings)}
    )
