"""The log of the events that time causes, with positions in one order with those of the journal.

Time is not observed: a row causes its event when somebody looks. So the events up to now are recorded before a clock is
set, before queues are handed out, and when a listener reads. Nothing is recorded until somebody listens.
"""

from collections.abc import Callable, Mapping

from ccell_fake.store.cache import SPARE_ENTRIES, BufferedTables
from ccell_fake.store.timeline import RECORD

# Rows of other accounts that the next search for late rows may have to pass.
_MAX_LAG = 1_000


class EventLog(BufferedTables):
    """The part of a ledger that records events."""

    @property
    def position(self) -> int:
        """Position of the last journal entry or event."""
        return self._number

    def begin_events(self, times: Callable[[], Mapping[int, int]]) -> int:
        """Record events from now on, and return the present position."""
        self._read("UPDATE high_water SET number = :number WHERE number < :number", {"number": self._number})
        if not self._is_recording:
            keys = self.inspect.last_keys()
            self._rows.add("recorded", [(account, now, *keys) for account, now in times().items()])
            self._read("UPDATE event_log SET is_recording = TRUE", ())
            self._is_recording = True
            self.at_rollback(self._forget_recording)
        return self._number

    def _forget_recording(self) -> None:
        self._is_recording = False

    def record_events(self, account: int, now: int) -> None:
        """Record the events of an account up to its time."""
        if not self._is_recording:
            return
        self.inspect.search(RECORD, {"account": account, "until": now, "position": self._number})
        ((count,),) = self._read("SELECT changes()", ())
        keys = self.inspect.last_keys()
        if not count:
            ((last,),) = self._read(
                "SELECT coalesce(max(submission + report + upmsg + opt_out), 0) FROM recorded WHERE account = ?",
                (account,),
            )
            if sum(keys) - last < _MAX_LAG:
                return
        self._number += count
        self._read("DELETE FROM recorded WHERE account = ? AND until <= ?", (account, now))
        self._rows.add("recorded", [(account, now, *keys)])
        self._trim(account, count)

    def _record_opening(self, account: int) -> None:
        """Record the events of a new account from its beginning."""
        if self._is_recording:
            self._rows.add("recorded", [(account, 0, *self.inspect.last_keys())])

    def _record_end(self, account: int, log: int) -> None:
        """Record in the log of another account that an account is deleted."""
        if self._is_recording:
            ((userid,),) = self._read("SELECT userid FROM account WHERE key = ?", (account,))
            self._number += 1
            self._rows.add("time_event", [(log, self._number, 0, "ended", None, "", userid)])
            self._trim(log, 1)

    def _trim(self, account: int, added: int) -> None:
        """Drop the oldest events of an account, many at a time."""
        if account not in self._logged:
            ((self._logged[account],),) = self._read("SELECT count(*) FROM time_event WHERE account = ?", (account,))
        else:
            self._logged[account] += added
        self.at_rollback(self._logged.clear)
        if self._logged[account] > self._journal_entries + SPARE_ENTRIES:
            ((dropped,),) = self._read(
                "SELECT position FROM time_event WHERE account = ? ORDER BY position DESC LIMIT 1 OFFSET ?",
                (account, self._journal_entries),
            )
            self._read("UPDATE account SET last_event_dropped = ? WHERE key = ?", (dropped, account))
            self._read("DELETE FROM time_event WHERE account = ? AND position <= ?", (account, dropped))
            self._logged[account] = self._journal_entries
