"""An account in our hands, and the model of it: whatever is done to the one is done to the other."""

from datetime import timedelta

from ccell_fake.inspection import State
from ccell_fake.stateful.emulator_model import EmulatorModel
from ccell_fake.stateful.target import AccountDriver


class Environment:
    """What happens around an integration without its doing: time passes, reports come in, phones reply."""

    def __init__(self, arranger: AccountDriver, model: EmulatorModel) -> None:
        """Move an account, and the model of it, which stands as it does."""
        self._arranger = arranger
        self._model = model
        self._replies = 0

    def pass_time(self, by: timedelta) -> None:
        """Let time pass."""
        self._arranger.advance(by)
        self._model.advance(by)

    def reply(self, phone: str) -> None:
        """Let a phone send a message."""
        self._replies += 1
        text = f"收到{self._replies}"
        self._arranger.reply(phone, text)
        self._model.reply(phone, text)

    def report(self, msgid: str, *, is_delivered: bool) -> None:
        """Let the report of a message come in now, if it has been sent and has none."""
        if self._model.state(msgid) is State.SENT:
            self._arranger.report(msgid, is_delivered=is_delivered)
            self._model.report(msgid, is_delivered=is_delivered)

    def settle(self) -> None:
        """Let everything come in that is to come."""
        self.pass_time(max(self._model.rest, timedelta()))

    def compare(self) -> None:
        """Hold how the account stands against how it must stand.

        Raises:
            Unfaithful: It does not.
        """
        self._model.compare(self._arranger.standing())
