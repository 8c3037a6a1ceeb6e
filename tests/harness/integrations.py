"""Integrations for the machine: a correct one, and others with a planted bug."""

from collections.abc import Iterable, Mapping, Sequence

from ccell_fake.client import Client, ClientError, MalformedReport, OutcomeUnknown, Report, Retry, Upmsg, submit
from ccell_fake.faults import CloseFault, TruncateFault
from ccell_fake.limits import REPORTS_PER_CALL
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.stateful import CcellMachine, Fate, Message
from ccell_fake.wire import replies, requests
from harness import http


class Right(CcellMachine):
    """Our client with a dict as store, keyed by linkid."""

    def connect(self, url: str, userid: str, password: str) -> None:
        self.url, self.credential = url, (userid, password)
        self.client = Client(url, userid, password, retry=Retry(first_pause=0.0))
        self.store: dict[str, Fate] = {}
        self.replies: list[tuple[str, str]] = []

    def disconnect(self) -> None:
        self.client.close()

    def send(self, messages: Sequence[Message]) -> None:
        self.submit([submit(one.phone, one.content, linkid=one.reference) for one in messages])

    def schedule(self, messages: Sequence[Message]) -> None:
        self.submit([submit(one.phone, one.content, linkid=one.reference, sendtime=one.sendtime) for one in messages])

    def submit(self, submits: Sequence[Submit]) -> None:
        try:
            resps = self.client.send(submits).resps
        except ClientError as error:
            resps = error.resps
            self._store(error.unsent, Fate.FAILED)
            self._store(error.unknown, Fate.UNKNOWN)
        for resp in resps:
            self.store[resp.linkid or ""] = Fate.ACCEPTED if resp.is_accepted else Fate.FAILED

    def _store(self, submits: Iterable[Submit], fate: Fate) -> None:
        self.store.update((one.linkid or "", fate) for one in submits)

    def poll_reports(self) -> None:
        try:
            reports = self.client.reports()
        except ClientError as error:
            reports = tuple(one for one in error.taken if isinstance(one, Report))
        for report in reports:
            self.store_report(report)

    def store_report(self, report: Report | MalformedReport) -> None:
        self.store[report.linkid] = Fate.DELIVERED if report.is_delivered else Fate.FAILED

    def poll_upmsgs(self) -> None:
        try:
            upmsgs = self.client.upmsgs()
        except ClientError as error:
            upmsgs = tuple(one for one in error.taken if isinstance(one, Upmsg))
        self.replies += [(one.phone, one.msgcontent) for one in upmsgs]

    def fates(self) -> Mapping[str, str]:
        return self.store

    def upmsgs(self) -> Iterable[tuple[str, str]]:
        return self.replies


class SendsAgain(Right):
    """Repeats sends without an answer."""

    faults = (CloseFault(processed=True), TruncateFault())
    many = ()

    def submit(self, submits: Sequence[Submit]) -> None:
        try:
            resps = self.client.send(submits).resps
        except OutcomeUnknown as error:
            super().submit(error.unknown)
        except ClientError as error:
            self._store(error.unsent + error.unknown, Fate.UNKNOWN)
        else:
            for resp in resps:
                self.store[resp.linkid or ""] = Fate.ACCEPTED if resp.is_accepted else Fate.FAILED


class DropsTheSecondPage(Right):
    """Fetches pages until one is not full, and keeps only the first."""

    faults = ()

    def poll_reports(self) -> None:
        page = first = self._page()
        while len(page) == REPORTS_PER_CALL:
            page = self._page()
        for report in first:
            self.store_report(report)

    def _page(self) -> tuple[Report, ...]:
        body = requests.render(Request(*self.credential))
        answer = http.post(self.url, Operation.REPORT.path, body)
        return tuple(one for one in replies.parse(Operation.REPORT, answer.body).items if isinstance(one, Report))


class MatchesByPhone(Right):
    """Assigns a report to the last message to its phone."""

    faults = ()
    many = ()

    def connect(self, url: str, userid: str, password: str) -> None:
        super().connect(url, userid, password)
        self.last: dict[str, str] = {}

    def submit(self, submits: Sequence[Submit]) -> None:
        super().submit(submits)
        self.last.update((one.phone or "", one.linkid or "") for one in submits)

    def store_report(self, report: Report | MalformedReport) -> None:
        self.store[self.last[report.phone]] = Fate.DELIVERED if report.is_delivered else Fate.FAILED
