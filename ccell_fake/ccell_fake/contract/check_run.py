"""One test of the suite while it is asked: its accounts, its answer and its evidence."""

from collections.abc import Mapping

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.answers import Unsettled
from ccell_fake.contract.checks import Check, Given
from ccell_fake.contract.costs import Cost
from ccell_fake.contract.needs import Need
from ccell_fake.contract.target import ContractTarget
from ccell_fake.transcripts.exchange import Exchange
from ccell_fixtures.registries import ASSUMPTIONS


class AnsweredOtherwise(AssertionError):
    """A question has another answer than was expected."""


class CheckRun:
    """What a test asks with.

    Attributes:
        target: Whom it asks.
        asked: What it asks; None before it begins.
        answer: A question's answer, once there is one.
        note: What there is to say beside the answer.
    """

    def __init__(self, target: ContractTarget, expected: Mapping[str, Given] | None = None) -> None:
        """Ask a target.

        Args:
            target: Whom.
            expected: The answers that questions are expected to have, by their ids; others may have any.
        """
        self.target = target
        self.asked: Check | None = None
        self.answer: Given | None = None
        self.note = ""
        self._expected = expected or {}
        self._accounts: list[ContractAccount] = []
        self._kept: list[Exchange] = []

    def account(self, *needs: Need) -> ContractAccount:
        """An account that has what the test needs, and these besides.

        Raises:
            NotAsked: There is none.
        """
        declared, cost = (self.asked.needs, self.asked.cost) if self.asked else ((), Cost())
        account = self.target.open((*declared, *needs), self._kept, cost)
        self._accounts.append(account)
        return account

    def run(self, asked: Check) -> None:
        """Ask.

        Raises:
            NotAsked: The target cannot be asked this.
            AssertionError: A clause does not hold.
            Unsettled: A question has none of the answers there are.
            AnsweredOtherwise: It has another than expected.
        """
        self.asked = asked
        self.target.allow(asked.cost)
        answer = asked.ask(self)
        if not asked.is_question:
            return
        question = ASSUMPTIONS[asked.id]
        if answer is None:
            # An aspect of a question may be nothing but right or wrong.
            return
        if not question.accepts(answer):
            message = f"{asked.id}: {answer!r} is none of its answers: {question.allowed}"
            raise Unsettled(message)
        self.answer = answer
        expected = self._expected.get(asked.id, answer)
        if expected != answer:
            message = f"{asked.id} is answered {answer!r}; {expected!r} was expected"
            raise AnsweredOtherwise(message)

    @property
    def evidence(self) -> tuple[Exchange, ...]:
        """What was asked and answered, in order."""
        return tuple(self._kept)

    def close(self) -> None:
        """Close the accounts."""
        for account in self._accounts:
            account.close()
