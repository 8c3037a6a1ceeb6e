"""One check while it runs: its target, accounts, answer and evidence."""

from collections.abc import Mapping
from typing import Protocol

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import UnknownAnswer
from ccell_fake.contract.checks import AnswerValue, Check, Cost
from ccell_fake.contract.needs import Need
from ccell_fake.model import Door
from ccell_fake.transcripts.exchange import Exchange
from ccell_fixtures.registries import ASSUMPTIONS


class ContractTarget(Protocol):
    """A gateway to check.

    Attributes:
        name: Its name in reports.
        is_arranged: Whether the target can arrange every need, so that examples are free.
    """

    name: str
    is_arranged: bool

    def open(self, needs: tuple[Need, ...], exchanges: list[Exchange], cost: Cost) -> ContractAccount:
        """Open an account that satisfies the needs.

        Args:
            needs: The needs.
            exchanges: Collects the account's exchanges.
            cost: The cost of the check that uses the account.

        Raises:
            NotAsked: There is no such account.
        """
        ...

    def allow(self, cost: Cost) -> None:
        """Allow a check of this cost.

        Raises:
            NotAsked: The cost is not allowed.
        """
        ...


class AnswerDiffers(AssertionError):
    """A question's answer differs from the expected one."""


class CheckRun:
    """Runs one check against a target.

    Attributes:
        target: The gateway to check.
        door: The door for checks that can use either.
        answer: The answer to a question, once known.
        note: A remark for the report.
    """

    def __init__(
        self, target: ContractTarget, expected: Mapping[str, AnswerValue] | None = None, door: Door = Door.XML
    ) -> None:
        """Use a target. `expected` holds expected answers by question id; other questions may have any answer."""
        self.target = target
        self.door = door
        self.answer: AnswerValue | None = None
        self.note = ""
        self._check: Check | None = None
        self._expected = expected or {}
        self._accounts: list[ContractAccount] = []
        self._exchanges: list[Exchange] = []

    def account(self, *needs: Need) -> ContractAccount:
        """Open an account that satisfies the check's needs and these.

        Raises:
            NotAsked: There is no such account.
        """
        declared, cost = (self._check.needs, self._check.cost) if self._check else ((), Cost())
        account = self.target.open((*declared, *needs), self._exchanges, cost)
        account.door = self._check.door if self._check else self.door
        self._accounts.append(account)
        return account

    def run(self, check: Check) -> None:
        """Run a check.

        Raises:
            NotAsked: The target cannot run it.
            AssertionError: A clause or a published fact does not hold.
            UnknownAnswer: A question has an unknown answer.
            AnswerDiffers: A question has an unexpected answer.
        """
        self._check = check
        self.target.allow(check.cost)
        answer = check.function(self)
        # A check of one aspect of a question may just pass or fail.
        if not check.is_question or answer is None:
            return
        question = ASSUMPTIONS[check.id]
        if not question.accepts(answer):
            message = f"{check.id}: the answer must be one of {question.allowed}, got {answer!r}"
            raise UnknownAnswer(message)
        self.answer = answer
        expected = self._expected.get(check.id, answer)
        if expected != answer:
            message = f"{check.id} is answered {answer!r}; {expected!r} was expected"
            raise AnswerDiffers(message)

    @property
    def evidence(self) -> tuple[Exchange, ...]:
        """The exchanges so far, in order."""
        return tuple(self._exchanges)

    def close(self) -> None:
        """Close the accounts."""
        for account in self._accounts:
            account.close()
