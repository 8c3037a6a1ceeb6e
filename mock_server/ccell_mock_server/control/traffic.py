"""Operations on messages, reports, upstream messages and the journal."""

from ccell_fake.clock import to_micros
from ccell_fake.control.models import ReportBody, SettleBody, UpmsgBody
from ccell_fake.engine.account_views import read_journal
from ccell_fake.engine.ledger import Ledger
from ccell_fake.inspection import (
    Count,
    JournalEntry,
    MessageRecord,
    Page,
    ReportRecord,
    RequestRecord,
    UpmsgRecord,
)
from ccell_fake.records import NO_ACCOUNT, View
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import (
    AccountPath,
    JournalQuery,
    MessageConditions,
    MessagePath,
    MessagesQuery,
    NumberedPath,
    ReportConditions,
    ReportsQuery,
    RequestsQuery,
    UpmsgConditions,
    UpmsgsQuery,
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
        with services.store.reading() as ledger:
            return ledger.inspect.messages_of_all(*_views(services, ledger), query.filter, query.listing)

    @api.add("get", "/accounts/<userid>/messages/<msgid>", {200: MessageRecord})
    def get_message(path: MessagePath) -> MessageRecord:
        """Get one message."""
        return services.admin(path.userid).message(path.msgid)

    @api.add("delete", "/accounts/<userid>/messages/<msgid>")
    def delete_message(path: MessagePath) -> None:
        """Delete one message, as `delete_messages` does."""
        services.admin(path.userid).delete_message(path.msgid)

    @api.add("delete", "/accounts/<userid>/messages", {200: Count})
    def delete_messages(path: AccountPath, query: MessageConditions) -> Count:
        """Delete the messages that match, or all messages of the account, and answer how many.

        A message goes with its report if that was fetched. A report that was not fetched stays in its queue. Balance
        and journal stay, and no other message gets the same msgid.
        """
        return Count(services.admin(path.userid).delete_messages(query.filter, query.listing))

    @api.add("post", "/accounts/<userid>/messages/<msgid>/report", {200: MessageRecord})
    def settle_message(path: MessagePath, body: SettleBody) -> MessageRecord:
        """Let the report of a message come in now, in place of its planned outcome."""
        return services.admin(path.userid).settle(path.msgid, body.status, body.info)

    return api


def _reports(services: Services) -> Api:
    api = Api("reports", "Reports of messages.")

    @api.add("get", "/accounts/<userid>/reports", {200: Page[ReportRecord]})
    def list_reports(path: AccountPath, query: ReportsQuery) -> Page[ReportRecord]:
        """List the reports of an account: planned, waiting and fetched."""
        return services.admin(path.userid).reports.list(query.filter, query.listing)

    @api.add("get", "/reports", {200: Page[ReportRecord]})
    def list_reports_of_all(query: ReportsQuery) -> Page[ReportRecord]:
        """List the reports of all accounts: planned, waiting and fetched."""
        with services.store.reading() as ledger:
            return ledger.inspect.reports_of_all(*_views(services, ledger), query.filter, query.listing)

    @api.add("post", "/accounts/<userid>/reports", {201: ReportRecord})
    def add_report(path: AccountPath, body: ReportBody) -> ReportRecord:
        """Let a stray report come in."""
        return services.admin(path.userid).add_report(
            body.msgid, body.linkid, body.phone, body.status, body.info, body.delay
        )

    @api.add("delete", "/accounts/<userid>/reports/<id>")
    def delete_report(path: NumberedPath) -> None:
        """Delete one report, as `delete_reports` does."""
        services.admin(path.userid).reports.delete(path.id)

    @api.add("delete", "/accounts/<userid>/reports", {200: Count})
    def delete_reports(path: AccountPath, query: ReportConditions) -> Count:
        """Delete the reports that match, or all reports of the account, and answer how many.

        A report that was not fetched goes from its queue. Messages and balance stay; without a report, an accepted
        message is `sent`.
        """
        return Count(services.admin(path.userid).reports.delete_all(query.filter, query.listing))

    @api.add("post", "/accounts/<userid>/reports/<id>/requeue", {200: ReportRecord})
    def requeue_report(path: NumberedPath) -> ReportRecord:
        """Put a fetched report back into its queue, to be fetched once more."""
        return services.admin(path.userid).reports.requeue(path.id)

    @api.add("post", "/accounts/<userid>/reports/requeue", {200: Count})
    def requeue_reports(path: AccountPath, query: ReportConditions) -> Count:
        """Put the fetched reports that match back into their queue, or all fetched ones, and answer how many.

        They are fetched once more, the oldest first, with the others.
        """
        return Count(services.admin(path.userid).reports.requeue_all(query.filter, query.listing))

    return api


def _upstream(services: Services) -> Api:
    api = Api("upstream", "Messages from phones.")

    @api.add("get", "/accounts/<userid>/upmsgs", {200: Page[UpmsgRecord]})
    def list_upmsgs(path: AccountPath, query: UpmsgsQuery) -> Page[UpmsgRecord]:
        """List the upstream messages of an account: planned, waiting and fetched."""
        return services.admin(path.userid).upmsgs.list(query.filter, query.listing)

    @api.add("get", "/upmsgs", {200: Page[UpmsgRecord]})
    def list_upmsgs_of_all(query: UpmsgsQuery) -> Page[UpmsgRecord]:
        """List the upstream messages of all accounts: planned, waiting and fetched."""
        with services.store.reading() as ledger:
            return ledger.inspect.upmsgs_of_all(*_views(services, ledger), query.filter, query.listing)

    @api.add("post", "/accounts/<userid>/upmsgs", {201: UpmsgRecord})
    def add_upmsg(path: AccountPath, body: UpmsgBody) -> UpmsgRecord:
        """Let a phone send a message."""
        return services.admin(path.userid).add_upmsg(body.phone, body.content, body.spcode, body.delay)

    @api.add("delete", "/accounts/<userid>/upmsgs/<id>")
    def delete_upmsg(path: NumberedPath) -> None:
        """Delete one upstream message, as `delete_upmsgs` does."""
        services.admin(path.userid).upmsgs.delete(path.id)

    @api.add("delete", "/accounts/<userid>/upmsgs", {200: Count})
    def delete_upmsgs(path: AccountPath, query: UpmsgConditions) -> Count:
        """Delete the upstream messages that match, or all of the account, and answer how many.

        One that was not fetched goes from its queue. Phones that opted out stay opted out.
        """
        return Count(services.admin(path.userid).upmsgs.delete_all(query.filter, query.listing))

    @api.add("post", "/accounts/<userid>/upmsgs/<id>/requeue", {200: UpmsgRecord})
    def requeue_upmsg(path: NumberedPath) -> UpmsgRecord:
        """Put a fetched upstream message back into its queue, to be fetched once more."""
        return services.admin(path.userid).upmsgs.requeue(path.id)

    @api.add("post", "/accounts/<userid>/upmsgs/requeue", {200: Count})
    def requeue_upmsgs(path: AccountPath, query: UpmsgConditions) -> Count:
        """Put the fetched upstream messages that match back into their queue, or all, and answer how many.

        They are fetched once more, the oldest first, with the others.
        """
        return Count(services.admin(path.userid).upmsgs.requeue_all(query.filter, query.listing))

    return api


def _views(services: Services, ledger: Ledger) -> tuple[dict[int, View], int]:
    """Return the accounts by their keys, and the gateway's time."""
    views = {account.key: account.view for account in services.accounts.all(ledger)}
    return views, to_micros(services.accounts.clock.now())


def _journals(services: Services) -> Api:
    api = Api("journal", "Requests, their answers, and the reasons.")

    @api.add("get", "/accounts/<userid>/journal", {200: Page[JournalEntry]})
    def list_journal(path: AccountPath, query: JournalQuery) -> Page[JournalEntry]:
        """List the requests of an account, oldest first.

        The answer is 410 with the `after_position` to use if entries after `after_position` were dropped.
        """
        return services.admin(path.userid).journal(query.start, query.limit, query.operation, query.code)

    @api.add("get", "/journal", {200: Page[JournalEntry]})
    def list_journal_of_no_account(query: JournalQuery) -> Page[JournalEntry]:
        """List the requests that cannot be read, reach no endpoint or name no account, oldest first."""
        with services.store.reading() as ledger:
            return read_journal(NO_ACCOUNT, "", ledger, query.start, query.limit, query.operation, query.code)

    @api.add("get", "/requests", {200: Page[RequestRecord]})
    def list_requests(query: RequestsQuery) -> Page[RequestRecord]:
        """List the requests of all accounts and of none, newest first.

        These are the entries of all journals. Entries that were dropped are left out.
        """
        with services.store.reading() as ledger:
            return ledger.inspect.requests(query.filter, query.cursor, query.limit)

    return api
