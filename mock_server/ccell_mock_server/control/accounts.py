"""Operations on accounts: open, read, change, reset, close."""

from dataclasses import replace
from itertools import islice
from typing import Any

from ccell_fake.clock import to_micros
from ccell_fake.control.models import CountBody, SettingsBody
from ccell_fake.engine.account import Account
from ccell_fake.engine.account_views import describe_account
from ccell_fake.engine.ledger import Ledger
from ccell_fake.errors import NotPossible
from ccell_fake.inspection import AccountActivity, AccountRecord, ContentCount, Page
from ccell_fake.settings import AccountSettings
from ccell_fake.wire.secrets import HIDDEN
from ccell_mock_server.config.accounts import check_account, is_public
from ccell_mock_server.config.errors import ConfigProblem
from ccell_mock_server.control.api import Answered, Api
from ccell_mock_server.control.problems import InvalidError
from ccell_mock_server.control.requests import AccountPath, AccountsQuery
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("accounts", "Accounts. Each is isolated from the others.")

    @api.add("get", "/accounts", {200: Page[AccountRecord]})
    def list_accounts(query: AccountsQuery) -> Page[AccountRecord]:
        """List the accounts, in the order of their userids."""
        return _page(services, query.cursor, query.limit)

    @api.add("post", "/accounts", {201: AccountRecord})
    def open_account(body: SettingsBody) -> AccountRecord:
        """Open an account.

        A missing userid (six digits) or password is generated. Other missing settings have their defaults.
        """
        return _open(services, body.root)

    @api.add("get", "/accounts/<userid>", {200: AccountRecord})
    def get_account(path: AccountPath) -> AccountRecord:
        """Get an account."""
        return _public(services.admin(path.userid).status())

    @api.add("put", "/accounts/<userid>", {200: AccountRecord, 201: AccountRecord})
    def put_account(path: AccountPath, body: SettingsBody) -> Answered:
        """Replace an account's settings, or open it.

        Missing settings get their defaults; a missing password stays. The balance is what is left from now on. Queues,
        clock and faults stay. Requests in progress use the settings that replace the others.
        """
        settings = _with_userid(path.userid, body.root)
        with services.store.transaction(path.userid) as ledger:
            former = services.accounts.find(path.userid, ledger)
            if former is not None:
                settings = replace(settings, password=settings.password or former.settings.password)
            completed = services.credentials.complete(_checked(settings))
            return Answered(201 if former is None else 200, _keep(services, completed, ledger))

    @api.add("patch", "/accounts/<userid>", {200: AccountRecord})
    def patch_account(path: AccountPath, body: SettingsBody) -> AccountRecord:
        """Change the settings in the body; the others stay.

        With `balance`, that many messages are left from now on, whatever was sent before.
        """
        settings = _with_userid(path.userid, body.root)
        changes: dict[str, Any] = {name: getattr(settings, name) for name in body.members}
        status = services.admin(path.userid).change(
            lambda former: _checked(replace(former, **changes)), sets_balance="balance" in changes
        )
        return _public(status)

    @api.add("delete", "/accounts/<userid>")
    def delete_account(path: AccountPath) -> None:
        """Close an account.

        Everything of it is deleted, its holds and delays end. Other accounts are not affected.
        """
        services.admin(path.userid).close()

    @api.add("post", "/accounts/<userid>/reset", {200: AccountRecord})
    def reset_account(path: AccountPath) -> AccountRecord:
        """Delete everything of an account except its settings and its coverage.

        That is messages, reports, upstream messages, journal, faults, the clock and the lock. Holds and delays end.
        Other accounts are not affected.
        """
        return _public(services.admin(path.userid).reset())

    @api.add("delete", "/accounts/<userid>/lock")
    def unlock_account(path: AccountPath) -> None:
        """Unlock an account after repeated excess."""
        services.admin(path.userid).unlock()

    return [api, _observations(services)]


def _observations(services: Services) -> Api:
    api = Api("activity", "What goes on at an account.")

    @api.add("get", "/accounts/<userid>/activity", {200: AccountActivity})
    def get_activity(path: AccountPath) -> AccountActivity:
        """Get what goes on at an account: slots in use, excesses, what waits in its queues, and its last fetches."""
        return services.admin(path.userid).activity()

    @api.add("post", "/accounts/<userid>/count", {200: ContentCount})
    def count_content(path: AccountPath, body: CountBody) -> ContentCount:
        """Count the characters and segments of a content as the account does. Nothing is sent."""
        return services.admin(path.userid).count(body.content)

    return api


def _page(services: Services, cursor: str | None, limit: int) -> Page[AccountRecord]:
    with services.store.reading() as ledger:
        accounts = sorted(services.accounts.all(ledger), key=lambda one: one.settings.userid)
        after = (one for one in accounts if cursor is None or one.settings.userid > cursor)
        found = [_status(services, account, ledger) for account in islice(after, limit + 1)]
    items = tuple(found[:limit])
    return Page(items, items[-1].userid if len(found) > limit else None)


def _with_userid(userid: str, settings: AccountSettings) -> AccountSettings:
    if settings.userid not in {"", userid}:
        raise InvalidError([ConfigProblem("userid", f"must be absent or {userid!r}", f'"{settings.userid}"')])
    return replace(settings, userid=userid)


def _checked(settings: AccountSettings) -> AccountSettings:
    flaws = tuple(check_account(settings))
    if flaws:
        raise InvalidError(flaws)
    return settings


def _open(services: Services, settings: AccountSettings) -> AccountRecord:
    _checked(settings)
    while True:
        completed = services.credentials.complete(settings)
        with services.store.transaction(completed.userid) as ledger:
            if services.accounts.find(completed.userid, ledger) is None:
                return _keep(services, completed, ledger)
        if settings.userid:
            message = f"account {settings.userid!r} exists; PUT changes it"
            raise NotPossible(message)


def _keep(services: Services, settings: AccountSettings, ledger: Ledger) -> AccountRecord:
    return _status(services, services.accounts.save(settings, ledger, sets_balance=True), ledger)


def _status(services: Services, account: Account, ledger: Ledger) -> AccountRecord:
    return _public(describe_account(account, ledger, to_micros(services.accounts.clock.now())))


def _public(status: AccountRecord) -> AccountRecord:
    """Hide a password that the emulator did not make."""
    password = status.password if is_public(status.password) else HIDDEN
    return replace(status, password=password, settings=replace(status.settings, password=password))
