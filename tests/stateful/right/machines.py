"""The machines that try the programs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from stateful.right.bulk import BulkSender
from stateful.right.chat import Chat
from stateful.right.gateway import Gateway
from stateful.right.otp import OtpService
from stateful.right.poller import Poller
from stateful.right.reminders import Reminders

from ccell_fake.stateful import CcellMachine, Message


class Corpus(CcellMachine):
    """Tells the machine how long the programs wait.

    Attributes:
        program: The program.
        gateway: Its HTTP layer.
    """

    program: ClassVar[type[Any]]
    gateway: ClassVar[type[Gateway]] = Gateway
    timeout = Gateway.timeout


class Sending(Corpus):
    """Tries a program that sends and fetches reports."""

    program: ClassVar[type[Any]] = OtpService
    integration: Any

    def connect(self, url: str, userid: str, password: str) -> None:
        self.integration = self.program(self.gateway(url, userid, password))

    def send(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.integration.send(message.reference, message.phone, message.content)

    def fates(self) -> Mapping[str, str]:
        return self.integration.states  # type: ignore[no-any-return]

    def poll_reports(self) -> None:
        self.integration.fetch_reports()


class Scheduling(Sending):
    """Tries a program that schedules."""

    program: ClassVar[type[Any]] = Reminders

    def schedule(self, messages: Sequence[Message]) -> None:
        for message in messages:
            assert message.sendtime is not None
            self.integration.remind(message.reference, message.phone, message.content, message.sendtime)


class Chatting(Sending):
    """Tries a program that keeps replies."""

    program: ClassVar[type[Any]] = Chat

    def poll_upmsgs(self) -> None:
        self.integration.fetch_replies()

    def upmsgs(self) -> Iterable[tuple[str, str]]:
        return self.integration.replies  # type: ignore[no-any-return]


class Polling(Corpus):
    """Tries a program with a database, which can be killed."""

    program: ClassVar[type[Poller]] = Poller

    def connect(self, url: str, userid: str, password: str) -> None:
        self.folder = TemporaryDirectory()
        self.integration = self.program(self.gateway(url, userid, password), Path(self.folder.name, "messages.db"))

    def disconnect(self) -> None:
        self.integration.close()
        self.folder.cleanup()

    def restart(self) -> None:
        self.integration.close()
        self.integration.open()

    def send(self, messages: Sequence[Message]) -> None:
        references = [message.reference for message in messages]
        self.integration.send(references, [message.phone for message in messages], messages[0].content)

    def fates(self) -> Mapping[str, str]:
        return self.integration.states()

    def poll_reports(self) -> None:
        self.integration.fetch_reports()

    def poll_upmsgs(self) -> None:
        self.integration.fetch_replies()

    def upmsgs(self) -> Iterable[tuple[str, str]]:
        return self.integration.replies()


class Campaigning(Corpus):
    """Tries a program that sends to many."""

    program: ClassVar[type[BulkSender]] = BulkSender

    def connect(self, url: str, userid: str, password: str) -> None:
        self.integration = self.program(self.gateway(url, userid, password))
        self.references: dict[tuple[str, str], str] = {}

    def send(self, messages: Sequence[Message]) -> None:
        campaign = messages[0].reference
        self.references.update(((campaign, message.phone), message.reference) for message in messages)
        self.integration.send(campaign, [message.phone for message in messages], messages[0].content)

    def fates(self) -> Mapping[str, str]:
        return {self.references[number]: state for number, state in self.integration.states.items()}

    def poll_reports(self) -> None:
        self.integration.fetch_reports()


RIGHT: tuple[type[Corpus], ...] = (Sending, Scheduling, Chatting, Polling, Campaigning)
"""The machines of the right programs."""
