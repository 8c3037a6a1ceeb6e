"""What went through the gateway, over the control API: messages, reports, upstream messages, the journal."""

from flask import Response

from ccell_fake.control.models import (
    JournalAnswer,
    MessageAnswer,
    MessagesAnswer,
    ReportAnswer,
    ReportBody,
    ReportsAnswer,
    SettleBody,
    UpmsgAnswer,
    UpmsgBody,
    UpmsgsAnswer,
)
from ccell_fake.engine.account_admin import journal_of
from ccell_fake.inspection import MessageFilter
from ccell_fake.store.ledger import NO_ACCOUNT
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import (
    AccountPath,
    JournalQuery,
    MessagePath,
    MessagesQuery,
    PageQuery,
)
from ccell_mock_server.control.responses import page, said
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    return [_messages(services), _reports(services), _upstream(services), _journals(services)]


def _messages(services: Services) -> Api:
    api = Api("messages", "What was sent, and what became of it.")

    @api.get("/accounts/<userid>/messages", {200: MessagesAnswer})
    def list_messages(path: AccountPath, query: MessagesQuery) -> Response:
        """List what was submitted, with verdict, state and report, oldest first."""
        wanted = MessageFilter(query.phone, query.linkid, query.content, query.msgid, query.code, query.state)
        found = services.admin(path.userid).messages(
            wanted, after_position=query.after_position, cursor=query.cursor, limit=query.limit + 1
        )
        return page(MessagesAnswer, found, query.limit, lambda one: one.cursor)

    @api.get("/accounts/<userid>/messages/<msgid>", {200: MessageAnswer})
    def get_message(path: MessagePath) -> Response:
        """Look at one message."""
        return said(MessageAnswer.model_validate(services.admin(path.userid).message(path.msgid)))

    @api.post("/accounts/<userid>/messages/<msgid>/report", {200: MessageAnswer})
    def settle_message(path: MessagePath, body: SettleBody) -> Response:
        """Let the report of a message come in now, whatever its outcome was going to be."""
        settled = services.admin(path.userid).settle(path.msgid, body.status, body.info)
        return said(MessageAnswer.model_validate(settled))

    return api


def _reports(services: Services) -> Api:
    api = Api("reports", "What is said of messages.")

    @api.get("/accounts/<userid>/reports", {200: ReportsAnswer})
    def list_reports(path: AccountPath, query: PageQuery) -> Response:
        """List reports: those to come, those waiting and those that were handed out."""
        found = services.admin(path.userid).reports(query.cursor, query.limit + 1)
        return page(ReportsAnswer, found, query.limit, lambda one: one.cursor)

    @api.post("/accounts/<userid>/reports", {201: ReportAnswer})
    def add_report(path: AccountPath, body: ReportBody) -> Response:
        """Let a stray report come in."""
        added = services.admin(path.userid).add_report(
            body.msgid, body.linkid, body.phone, body.status, body.info, body.delay
        )
        return said(ReportAnswer.model_validate(added), 201)

    return api


def _upstream(services: Services) -> Api:
    api = Api("upstream", "What phones send.")

    @api.get("/accounts/<userid>/upmsgs", {200: UpmsgsAnswer})
    def list_upmsgs(path: AccountPath, query: PageQuery) -> Response:
        """List upstream messages: those to come, those waiting and those that were fetched."""
        found = services.admin(path.userid).upmsgs(query.cursor, query.limit + 1)
        return page(UpmsgsAnswer, found, query.limit, lambda one: one.cursor)

    @api.post("/accounts/<userid>/upmsgs", {201: UpmsgAnswer})
    def add_upmsg(path: AccountPath, body: UpmsgBody) -> Response:
        """Let a phone send a message."""
        added = services.admin(path.userid).add_upmsg(body.phone, body.content, body.spcode, body.delay)
        return said(UpmsgAnswer.model_validate(added), 201)

    return api


def _journals(services: Services) -> Api:
    api = Api("journal", "Every request, and why it was answered so.")

    @api.get("/accounts/<userid>/journal", {200: JournalAnswer})
    def list_journal(path: AccountPath, query: JournalQuery) -> Response:
        """List an account's requests, oldest first.

        If entries after `after_position` were dropped, the answer is 410 with the `after_position` that works.
        """
        found = services.admin(path.userid).journal(query.start, query.limit + 1, query.operation, query.code)
        return page(JournalAnswer, found, query.limit, lambda one: one.position)

    @api.get("/journal", {200: JournalAnswer})
    def list_strangers(query: JournalQuery) -> Response:
        """List the requests that could not be read or named no account, oldest first."""
        with services.store.transaction() as ledger:
            found = journal_of(
                NO_ACCOUNT,
                "",
                ledger,
                query.start,
                query.limit + 1,
                query.operation,
                query.code,
            )
        return page(JournalAnswer, found, query.limit, lambda one: one.position)

    return api
