"""Programs that go wrong with campaigns to many numbers."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import zip_longest

from stateful.right.bulk import BulkSender
from stateful.right.gateway import ACCEPTED
from stateful.right.machines import Campaigning
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Duplicated, Lost, Mismatched, Refused


@wrong(Campaigning, Lost, steps=1)
class ForgetsTheFirstBatch(BulkSender):
    """Cuts a large campaign into full batches from its end, and forgets the first batch, which is not full."""

    def batches(self, phones: Sequence[str]) -> list[Sequence[str]]:
        if len(phones) <= self.batch:
            return [phones]
        rest = len(phones) % self.batch
        return [phones[first : first + self.batch] for first in range(rest, len(phones), self.batch)]


@wrong(Campaigning, Lost, Mismatched, steps=1)
class JoinsAnswersAsTheyCome(BulkSender):
    """Joins the verdicts of the batch that is answered first with the numbers of the batch that was sent first."""

    batch = 50

    def send(self, campaign: str, phones: Sequence[str], text: str) -> None:
        unique = self.unique(phones)
        self.states.update(((campaign, phone), "unknown") for phone in unique)
        batches = self.batches(unique)
        with ThreadPoolExecutor(self.threads) as pool:
            futures = [pool.submit(self.send_batch, campaign, batch, text) for batch in batches]
            for batch, future in zip(batches, as_completed(futures), strict=True):
                states = future.result().values()
                self.states.update(((campaign, phone), state) for phone, state in zip(batch, states, strict=False))


@wrong(Campaigning, Duplicated, steps=1)
class FillsTheLastPair(BulkSender):
    """Groups numbers in pairs and fills the last pair with the first number, which is then twice in its batch."""

    def batches(self, phones: Sequence[str]) -> list[Sequence[str]]:
        pairs = zip_longest(phones[::2], phones[1::2], fillvalue=phones[0])
        return super().batches([phone for pair in pairs for phone in pair])


@wrong(Campaigning, Duplicated, steps=1)
class SendsTheCampaignAgain(BulkSender):
    """Sends a whole batch again if one number of it was refused."""

    def verdicts(self, phones: Sequence[str], resps: Sequence[dict[str, str]]) -> Mapping[str, str]:
        verdicts = super().verdicts(phones, resps)
        if "failed" in verdicts.values():
            return super().verdicts(phones, self.submit("again", phones, self.text))
        return verdicts

    def send(self, campaign: str, phones: Sequence[str], text: str) -> None:
        self.text = text
        super().send(campaign, phones, text)


@wrong(Campaigning, Lost, steps=1)
class MixesUpVerdicts(BulkSender):
    """Sorts the numbers' verdicts before it joins them with the numbers."""

    def verdicts(self, phones: Sequence[str], resps: Sequence[dict[str, str]]) -> Mapping[str, str]:
        codes = sorted(resp["return"] for resp in resps)
        pairs = zip(phones, codes, strict=True)
        return {phone: "accepted" if code == ACCEPTED else "failed" for phone, code in pairs}


@wrong(Campaigning, Lost, steps=1)
class ForgetsTheLastBatch(BulkSender):
    """Sends full batches only, and takes the rest for sent."""

    batch = 100

    def batches(self, phones: Sequence[str]) -> list[Sequence[str]]:
        full = super().batches(phones)
        return full[:-1] if len(full) > 1 else full

    def send(self, campaign: str, phones: Sequence[str], text: str) -> None:
        super().send(campaign, phones, text)
        for number, state in self.states.items():
            if state == "unknown":
                self.states[number] = "accepted"


@wrong(Campaigning, Refused, steps=1)
class SendsTooManyNumbers(BulkSender):
    """Sends a campaign in one request, however many numbers it has."""

    batch = 100_000


@wrong(Campaigning, Duplicated, steps=1)
class SendsOverlappingBatches(BulkSender):
    """Begins each batch with the last number of the batch before."""

    def batches(self, phones: Sequence[str]) -> list[Sequence[str]]:
        return [phones[max(first - 1, 0) : first + self.batch] for first in range(0, len(phones), self.batch)]


@wrong(Campaigning, Refused, steps=1)
class UsesTooManyThreads(BulkSender):
    """Sends over ten threads, where three are allowed."""

    threads = 10
    batch = 25
