"""Operations on messages, reports, upstream messages and the journal."""

from ccell_fake.clock import to_micros
from ccell_fake.control.models import ReportBody, SettleBody, UpmsgBody
from ccell_fake.engine.account_views import read_journal
from ccell_fake.inspection import JournalEntry, MessageRecord, Page, ReportRecord, RequestRecord, UpmsgRecord
from ccell_fake.store.ledger import NO_ACCOUNT
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import (
    AccountPath,
    JournalQuery,
    MessagePath,
    MessagesQuery,
    PageQuery,
    RequestsQuery,
)
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    return [_messages(services), _reports(services), _upstream(services), _journals(services)]


def _messages(services: Services) -> Api:
    api = Api("messages", "Submitted messages.")

    @api.add("get", "/accounts/<userid>/messages", {200: Page[MessageRecord]})
    def list_messages(path: AccountPath, query: MessagesQuery) -> Page[MessageRecord]:
        """List the messages of an account with their code, state and report."""
        return services.admin(path.userid).messages(query.filter, query.listing)

    @api.add("get", "/messages", {200: Page[MessageRecord]})
    def list_messages_of_all(query: MessagesQuery) -> Page[MessageRecord]:
        """List the messages of all accounts with their code, state and report."""
        with services.store.transaction() as ledger:
            views = {account.key: account.view for account in services.accounts}
            base = to_micros(services.accounts.clock.now())
            return ledger.inspect.messages_of_all(views, base, query.filter, query.listing)

    @api.add("get", "/accounts/<userid>/messages/<msgid>", {200: MessageRecord})
    def get_message(path: MessagePath) -> MessageRecord:
        """Get one message."""
        return services.admin(path.userid).message(path.msgid)

    @api.add("post", "/accounts/<userid>/messages/<msgid>/report", {200: MessageRecord})
    def settle_message(path: MessagePath, body: SettleBody) -> MessageRecord:
        """Let the report of a message come in now, in place of its planned outcome."""
        return services.admin(path.userid).settle(path.msgid, body.status, body.info)

    return api


def _reports(services: Services) -> Api:
    api = Api("reports", "Reports of messages.")

    @api.add("get", "/accounts/<userid>/reports", {200: Page[ReportRecord]})
    def list_reports(path: AccountPath, query: PageQuery) -> Page[ReportRecord]:
        """List reports: later, waiting and handed out."""
        return services.admin(path.userid).reports(query.cursor, query.limit)

    @api.add("post", "/accounts/<userid>/reports", {201: ReportRecord})
    def add_report(path: AccountPath, body: ReportBody) -> ReportRecord:
        """Let a stray report come in."""
        return services.admin(path.userid).add_report(
            body.msgid, body.linkid, body.phone, body.status, body.info, body.delay
        )

    return api


def _upstream(services: Services) -> Api:
    api = Api("upstream", "Messages from phones.")

    @api.add("get", "/accounts/<userid>/upmsgs", {200: Page[UpmsgRecord]})
    def list_upmsgs(path: AccountPath, query: PageQuery) -> Page[UpmsgRecord]:
        """List upstream messages: later, waiting and handed out."""
        return services.admin(path.userid).upmsgs(query.cursor, query.limit)

    @api.add("post", "/accounts/<userid>/upmsgs", {201: UpmsgRecord})
    def add_upmsg(path: AccountPath, body: UpmsgBody) -> UpmsgRecord:
        """Let a phone send a message."""
        return services.admin(path.userid).add_upmsg(body.phone, body.content, body.spcode, body.delay)

    return api


def _journals(services: Services) -> Api:
    api = Api("journal", "Requests, their answers, and the reasons.")

    @api.add("get", "/accounts/<userid>/journal", {200: Page[JournalEntry]})
    def list_journal(path: AccountPath, query: JournalQuery) -> Page[JournalEntry]:
        """List the requests of an account, oldest first.

        If entries after `after_position` were dropped, the answer is 410 with the `after_position` to use.
        """
        return services.admin(path.userid).journal(query.start, query.limit, query.operation, query.code)

    @api.add("get", "/journal", {200: Page[JournalEntry]})
    def list_journal_of_no_account(query: JournalQuery) -> Page[JournalEntry]:
        """List the requests that cannot be read, reach no endpoint or name no account, oldest first."""
        with services.store.transaction() as ledger:
            return read_journal(NO_ACCOUNT, "", ledger, query.start, query.limit, query.operation, query.code)

    @api.add("get", "/requests", {200: Page[RequestRecord]})
    def list_requests(query: RequestsQuery) -> Page[RequestRecord]:
        """List the requests of all accounts and of none, newest first.

        These are the entries of all journals. Entries that were dropped are left out.
        """
        with services.store.transaction() as ledger:
            return ledger.inspect.requests(query.filter, query.cursor, query.limit)

    return api
