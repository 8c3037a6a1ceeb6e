"""The log of the events that time causes, with positions in one order with those of the journal.

Time is not observed: a row causes its event when somebody looks. So the events up to now are recorded before a clock is
set, before queues are handed out, and when a listener reads. Nothing is recorded until somebody listens.
"""

from collections.abc import Callable, Mapping

from ccell_fake.records import NO_ACCOUNT
from ccell_fake.store.cache import SPARE_ENTRIES
from ccell_fake.store.postgresql.tables import BufferedTables
from ccell_fake.store.postgresql.timeline import RECORD

# Rows of other accounts that the next search for late rows may have to pass.
_MAX_LAG = 1_000

_ADD_RECORDED = (
    "INSERT INTO recorded VALUES (%(account)s, %(until)s, %(submission)s, %(report)s, %(upmsg)s, %(opt_out)s)"
)


class EventLog(BufferedTables):
    """The part of a ledger that records events."""

    @property
    def position(self) -> int:
        """Last position up to which everything is committed, or of this transaction if it locks all others out."""
        source = "last_value FROM positions" if self._locks_all else "safe_position()"
        ((position,),) = self._read(f"SELECT {source}", {})
        return int(position)

    def begin_events(self, times: Callable[[], Mapping[int, int]]) -> int:
        """Record events from now on, and return the present position."""
        if not self._is_recording:
            for account, now in times().items():
                self._add_recorded(account, now)
            self._run("UPDATE event_log SET is_recording = TRUE", {})
            self._log = self.history, True
        return self.position

    def record_events(self, account: int, now: int) -> None:
        """Record the events of an account up to its time."""
        if not self._is_recording:
            return
        count = self._run(RECORD, {"account": account, "until": now})
        if not count:
            ((last,),) = self._read(
                "SELECT coalesce(max(submission + report + upmsg + opt_out), 0) FROM recorded"
                " WHERE account = %(account)s",
                {"account": account},
            )
            if sum(self.inspect.last_keys()) - last < _MAX_LAG:
                return
        elif not self._has_submissions:
            # The request comes after the events.
            self._drop_position()
        self._run(
            "DELETE FROM recorded WHERE account = %(account)s AND until <= %(now)s", {"account": account, "now": now}
        )
        self._add_recorded(account, now)
        self._trim(account, count)

    def _add_recorded(self, account: int, until: int) -> None:
        keys = self.inspect.last_keys()
        self._run(_ADD_RECORDED, {"account": account, "until": until, **keys._asdict()})

    def _record_opening(self, account: int) -> None:
        """Record the events of a new account from its beginning."""
        if self._is_recording:
            self._add_recorded(account, 0)

    def _record_end(self, account: int) -> None:
        """Record in the log of no account that an account is deleted."""
        if self._is_recording:
            self._lock_strays()
            self._run(
                "INSERT INTO time_event VALUES (%(log)s, %(position)s, 0, 'ended', NULL, '', %(userid)s)",
                {"log": NO_ACCOUNT, "position": self._take_position(), "userid": self._load(account).userid},
            )
            self._trim(NO_ACCOUNT, 1)

    def _trim(self, account: int, added: int) -> None:
        """Count added events, and drop the oldest ones of an account, many at a time."""
        state = self._load(account)
        state.logged += added
        values = {"account": account, "logged": state.logged, "kept": self._journal_entries}
        if state.logged > self._journal_entries + SPARE_ENTRIES:
            self._read("SELECT trim_events(%(account)s, %(kept)s)", values)
            state.logged = self._journal_entries
        else:
            self._run("UPDATE account SET logged = %(logged)s WHERE key = %(account)s", values)
