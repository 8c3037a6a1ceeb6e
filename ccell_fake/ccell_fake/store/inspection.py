"""The statements by which a test looks at what is remembered; they change nothing."""

from collections.abc import Callable
from typing import Any

from ccell_fake.inspection import (
    NO_KEYS,
    Keys,
    MessageFilter,
    MessageSeen,
    ReportListed,
    ReportSeen,
    State,
    TimelineEvent,
    UpmsgListed,
)
from ccell_fake.records import JournalEntry

Value = str | int | None

_STATE = (
    "CASE WHEN m.code <> '0' THEN 'refused' WHEN s.due > :now THEN 'scheduled'"
    " WHEN r.recvtime IS NULL OR r.recvtime > :now THEN 'sent' WHEN r.status = '0' THEN 'delivered' ELSE 'failed' END"
)
_MESSAGES = (
    "SELECT s.key, m.msgid, s.position, m.phone, s.content, s.linkid, s.spcode, s.due, s.submitted_at, m.code, m.info,"
    f" {_STATE} AS state, r.status, r.info, r.recvtime, r.fetched_at"
    " FROM submission s JOIN message m ON m.submission = s.key LEFT JOIN report r ON r.key ="
    " (SELECT min(key) FROM report WHERE account = s.account AND msgid = m.msgid) WHERE s.account = :account"
)
_CONDITIONS = {
    "phone": "m.phone GLOB :phone",
    "linkid": "s.linkid GLOB :linkid",
    "content": "s.content GLOB :content",
    "msgid": "m.msgid = CAST(:msgid AS INTEGER) AND CAST(m.msgid AS TEXT) = :msgid",
    "code": "m.code = :code",
    "state": "state = :state",
}
_PATTERNS = {"phone", "linkid", "content"}
_GLOB = str.maketrans({"?": "[?]", "[": "[[]"})
_HAPPENINGS = """
SELECT s.due, 0, 'sent', m.msgid, m.phone, s.content FROM submission s JOIN message m ON m.submission = s.key
    WHERE s.account = :account AND s.due > s.submitted_at AND (s.due > :since OR s.key > :submission)
        AND s.due <= :until AND m.code = '0'
UNION ALL SELECT recvtime, 1, 'report', msgid, phone, info FROM report
    WHERE account = :account AND recvtime <= :until AND (recvtime > :since OR key > :report)
UNION ALL SELECT motime, 2, 'upmsg', NULL, phone, msgcontent FROM upmsg
    WHERE account = :account AND motime <= :until AND (motime > :since OR key > :upmsg)
UNION ALL SELECT since, 3, 'opt_out', NULL, phone, '' FROM opt_out
    WHERE account = :account AND since > :since AND since <= :until
ORDER BY 1, 2, 4 LIMIT :limit
"""
_ENTRY = (
    "at, operation, peer, place, request, answer, delivery, items, code, rule, basis, explanation, duration, position"
)


class SqliteInspection:
    """Questions about what a ledger holds, asked within its transaction. Lists are oldest first."""

    def __init__(self, read: Callable[..., list[tuple[Any, ...]]], journal_entries: int) -> None:
        """Ask by a ledger's way of reading.

        Args:
            read: Runs a statement with its values and fetches all.
            journal_entries: How many journal entries an account keeps.
        """
        self._read = read
        self._journal_entries = journal_entries

    def messages(
        self,
        account: int,
        now: int,
        wanted: MessageFilter,
        *,
        after_position: int = 0,
        cursor: str | None = None,
        limit: int = 100,
    ) -> list[MessageSeen]:
        """The messages of an account that a filter lets through.

        Args:
            account: Whose.
            now: The account's present, which decides the state.
            wanted: Which.
            after_position: Only messages of requests after this position in the journal.
            cursor: Only messages after this one, the cursor of the last message of the page before.
            limit: How many at most.
        """
        conditions = ["s.position > :position"]
        values: dict[str, Value] = {"position": after_position, "limit": limit}
        if cursor is not None:
            submission, _, msgid = cursor.partition("-")
            conditions.append("s.position >= (SELECT position FROM submission WHERE key = :after_submission)")
            conditions.append("(s.key, m.msgid) > (:after_submission, :after_msgid)")
            values |= {"after_submission": int(submission), "after_msgid": int(msgid)}
        return self._messages(account, now, wanted, conditions, values, "s.position, s.key, m.msgid")

    def messages_of(self, account: int, now: int, position: int) -> list[MessageSeen]:
        """The messages of the request at a position."""
        values: dict[str, Value] = {"position": position, "limit": -1}
        return self._messages(
            account, now, MessageFilter(), ["s.position = :position"], values, "s.position, s.key, m.msgid"
        )

    def latest_messages(self, account: int, now: int, after_position: int, limit: int) -> list[MessageSeen]:
        """The last messages of an account that came after a position."""
        values: dict[str, Value] = {"position": after_position, "limit": limit}
        order = "s.position DESC, s.key DESC, m.msgid DESC"
        return self._messages(account, now, MessageFilter(), ["s.position > :position"], values, order)[::-1]

    def _messages(
        self,
        account: int,
        now: int,
        wanted: MessageFilter,
        conditions: list[str],
        values: dict[str, Value],
        order: str,
    ) -> list[MessageSeen]:
        values = {**values, "account": account, "now": now}
        for name, condition in _CONDITIONS.items():
            value: str | None = getattr(wanted, name)
            if value is not None:
                conditions.append(condition)
                values[name] = value.translate(_GLOB) if name in _PATTERNS else str(value)
        statement = " AND ".join([_MESSAGES, *conditions])
        return [_message(row, now) for row in self._read(f"{statement} ORDER BY {order} LIMIT :limit", values)]

    def reports(self, account: int, cursor: int, limit: int) -> list[ReportListed]:
        """The reports of an account after a cursor, those still to come included."""
        rows = self._read(
            "SELECT key, CAST(msgid AS TEXT), linkid, phone, status, info, recvtime, fetched_at FROM report"
            " WHERE account = :account AND key > :cursor ORDER BY key LIMIT :limit",
            {"account": account, "cursor": cursor, "limit": limit},
        )
        return [ReportListed(*row) for row in rows]

    def upmsgs(self, account: int, cursor: int, limit: int) -> list[UpmsgListed]:
        """The upstream messages of an account after a cursor, those still to come included."""
        rows = self._read(
            "SELECT key, spnumber, phone, msgcontent, motime, fetched_at FROM upmsg"
            " WHERE account = :account AND key > :cursor ORDER BY key LIMIT :limit",
            {"account": account, "cursor": cursor, "limit": limit},
        )
        return [UpmsgListed(*row) for row in rows]

    def journal(
        self, account: int, after_position: int, limit: int, operation: str | None = None, code: str | None = None
    ) -> list[JournalEntry]:
        """The entries of an account after a position, except the dropped ones."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = :account AND position > :after_position"
            " AND operation = coalesce(:operation, operation) AND code = coalesce(:code, code)"
            " ORDER BY position LIMIT :limit",
            {
                "account": account,
                "after_position": max(after_position, self.last_dropped(account)),
                "limit": limit,
                "operation": operation,
                "code": code,
            },
        )
        return [JournalEntry(*row) for row in rows]

    def latest_journal(self, account: int, after_position: int, limit: int) -> list[JournalEntry]:
        """The last entries of an account after a position, oldest first."""
        rows = self._read(
            f"SELECT {_ENTRY} FROM journal WHERE account = :account AND position > :after_position"
            " ORDER BY position DESC LIMIT :limit",
            {"account": account, "after_position": max(after_position, self.last_dropped(account)), "limit": limit},
        )
        return [JournalEntry(*row) for row in reversed(rows)]

    def journals(self, after_position: int, limit: int, account: int | None = None) -> list[tuple[int, JournalEntry]]:
        """The entries of all accounts, or of one, after a position, in their order, each with its account."""
        rows = self._read(
            f"SELECT account, {_ENTRY} FROM journal WHERE position > :after_position AND account <> 0"
            f"{'' if account is None else ' AND account = :account'} ORDER BY position LIMIT :limit",
            {"after_position": after_position, "limit": limit, "account": account},
        )
        return [(key, JournalEntry(*entry)) for key, *entry in rows]

    def dropped_after(self, after_position: int, account: int | None = None) -> int:
        """Position of the last dropped entry after a position, of all accounts or of one; 0 if none was dropped."""
        ((dropped,),) = self._read(
            "SELECT coalesce(max(last_dropped), 0) FROM account WHERE key <> 0 AND last_dropped > :after_position"
            f"{'' if account is None else ' AND key = :account'}",
            {"after_position": after_position, "account": account},
        )
        return int(dropped)

    def last_dropped(self, account: int) -> int:
        """Position of the last dropped entry of an account; 0 if none was dropped."""
        rows = self._read(
            "SELECT position FROM journal WHERE account = :account ORDER BY position DESC LIMIT 1 OFFSET :kept",
            {"account": account, "kept": self._journal_entries},
        )
        if rows:
            return int(rows[0][0])
        ((dropped,),) = self._read("SELECT last_dropped FROM account WHERE key = :account", {"account": account})
        return int(dropped)

    def last_position(self, account: int) -> int:
        """Position of the last entry of an account; 0 if it has none."""
        ((last,),) = self._read(
            "SELECT coalesce(max(position), 0) FROM journal WHERE account = :account", {"account": account}
        )
        return max(int(last), self.last_dropped(account))

    def happenings(self, account: int, since: int, until: int, limit: int, keys: Keys = NO_KEYS) -> list[TimelineEvent]:
        """What time brings about, in order: behind an instant, up to another one.

        Args:
            account: Whose.
            since: Behind this.
            until: Up to this.
            limit: How many at most.
            keys: What was made behind these, too, whenever that was brought about.
        """
        values: dict[str, Value] = {"account": account, "since": since, "until": until, "limit": limit}
        values |= {"submission": keys.submission, "report": keys.report, "upmsg": keys.upmsg}
        return [
            TimelineEvent(at, kind, None if msgid is None else str(msgid), phone, text)
            for at, _, kind, msgid, phone, text in self._read(_HAPPENINGS, values)
        ]

    def last_keys(self) -> Keys:
        """The last submission, report and upstream message there are, of whatever account."""
        ((submission, report, upmsg),) = self._read(
            "SELECT (SELECT coalesce(max(key), 0) FROM submission), (SELECT coalesce(max(key), 0) FROM report),"
            " (SELECT coalesce(max(key), 0) FROM upmsg)",
            {},
        )
        return Keys(submission, report, upmsg)

    def next_due(self, account: int, now: int) -> int | None:
        """When time brings about the next thing."""
        ((due,),) = self._read(
            "SELECT min(due) FROM ("
            " SELECT min(due) AS due FROM submission WHERE account = :account AND due > :now AND due > submitted_at"
            " UNION ALL SELECT min(due) FROM report WHERE account = :account AND due > :now AND fetched_at IS NULL"
            " UNION ALL SELECT min(due) FROM upmsg WHERE account = :account AND due > :now AND fetched_at IS NULL)",
            {"account": account, "now": now},
        )
        return None if due is None else int(due)

    def scheduled(self, account: int, now: int) -> int:
        """How many messages of an account are still to be sent."""
        ((count,),) = self._read(
            "SELECT count(*) FROM submission s JOIN message m ON m.submission = s.key"
            " WHERE s.account = :account AND s.due > :now AND s.due > s.submitted_at AND m.code = '0'",
            {"account": account, "now": now},
        )
        return int(count)

    def waiting(self) -> tuple[int, int]:
        """How many reports and upstream messages are not handed out, over all accounts, those to come included."""
        ((reports, upmsgs),) = self._read(
            "SELECT (SELECT count(*) FROM report WHERE fetched_at IS NULL),"
            " (SELECT count(*) FROM upmsg WHERE fetched_at IS NULL)",
            {},
        )
        return int(reports), int(upmsgs)


def _message(row: tuple[Any, ...], now: int) -> MessageSeen:
    key, msgid, position, phone, content, linkid, spcode, due, submitted_at, code, info, state, *report = row
    status, report_info, recvtime, fetched_at = report
    return MessageSeen(
        f"{key}-{msgid}",
        position,
        str(msgid),
        phone,
        content,
        linkid,
        spcode,
        due if due > submitted_at else None,
        submitted_at,
        code,
        info,
        State(state),
        None if recvtime is None or recvtime > now else ReportSeen(status, report_info, recvtime, fetched_at),
    )
