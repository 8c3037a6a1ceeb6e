"""Print what several emulators on one PostgreSQL database cost: `PYTHONPATH=tests python tests/benchmarks/sharing.py`.

Only ratios within one run mean anything. Each is the median over rounds taken in turn, with the least and the greatest.
Each client has an account of its own. PostgreSQL keeps what it commits, as it does by default (fsync).
"""

import argparse
import re
import statistics
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import loads
import table
from harness import http, postgresql, processes

from ccell_fake import ControlClient
from ccell_fake.client import Client
from ccell_fake.clock import elapsed

SEND = "/sms3_api/xmlapi/send.jsp"
REPORT = "/sms3_api/xmlapi/report.jsp"
CLIENTS = 8
ROUNDS = 5
SECONDS = 3.0
_PER_SEND = 500
_PASSWORD = "123456"
_SETTINGS = {"password": _PASSWORD, "balance": 10**9, "max_concurrency": 64, "magic_numbers": False}


class Emulators:
    """Emulators in processes of their own on one store, with an account for each client."""

    def __init__(self, stack: ExitStack, store: str, count: int, folder: Path) -> None:
        options = ("--store", store, "--log-level", "error")
        running = [stack.enter_context(processes.serving(folder, *options)) for _ in range(count)]
        self.urls = [url for _, url in running]
        self._pids = [process.pid for process, _ in running]
        self.control = stack.enter_context(ControlClient(self.urls[0]))
        known = {one.userid for one in self.control.accounts()}
        self.userids = [f"90{number:04d}" for number in range(CLIENTS)]
        for userid in self.userids:
            if userid not in known:
                self.control.open({**_SETTINGS, "userid": userid})

    def rate(self, seconds: float = SECONDS) -> float:
        """Sends a second of all clients, who are spread over the emulators."""
        requests = [
            (self.urls[number % len(self.urls)], loads.post(SEND, send(userid, "13800000000")))
            for number, userid in enumerate(self.userids)
        ]
        return loads.rate(requests, seconds)

    def processor_seconds(self) -> float:
        """The processor time that the emulators have used."""
        return sum(_processor_seconds(pid) for pid in self._pids)


def send(userid: str, phones: str) -> bytes:
    """The body of a send."""
    content = "验证码为1234。【签名】"
    text = f'<root userid="{userid}" password="{_PASSWORD}"><submit phone="{phones}" content="{content}"/></root>'
    return text.encode()


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _busy() -> tuple[int, int]:
    """The ticks that all processors were busy, and all ticks."""
    ticks = list(map(int, Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _database_seconds(cluster: postgresql.Cluster) -> float:
    """The processor time that the database has used, with its processes that have ended."""
    pid = cluster.pid
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = path.read_text("utf-8").rpartition(")")[2].split()
            ticks = fields[11:15] if path.parent.name == str(pid) else fields[11:13] if fields[1] == str(pid) else []
            total += sum(map(int, ticks)) / 100
    return total


def _loads(
    what: str, cluster: postgresql.Cluster, rate: Callable[[], float], emulators: Emulators | None = None
) -> None:
    """Print how busy the machine was with a load, and the processor time of a request."""
    before, database = _busy(), _database_seconds(cluster)
    own = emulators.processor_seconds() if emulators else 0.0
    requests = rate() * SECONDS
    busy, ticks = (after - start for after, start in zip(_busy(), before, strict=True))
    table.line(f"processors busy during {what}, %", 100 * busy / max(ticks, 1), digits=0)
    if emulators:
        table.line("  processor time of the emulators, ms", 1000 * (emulators.processor_seconds() - own) / requests)
    table.line("  processor time of the database, ms", 1000 * (_database_seconds(cluster) - database) / requests)


def pgbench(cluster: postgresql.Cluster, url: str, seconds: float = SECONDS) -> float:
    """Transactions a second of pgbench's simple-update, with as many clients."""
    command = [postgresql.program("pgbench"), "-b", "simple-update", "-n", "-c", str(CLIENTS), "-j", "2"]
    done = subprocess.run(
        [*command, "-T", str(max(round(seconds), 1)), url], capture_output=True, text=True, check=True, cwd="/"
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, f"{done.stdout}{done.stderr} {cluster.log.read_text('utf-8')}"
    return float(found[1])


def rates(cluster: postgresql.Cluster, folder: Path, rounds: int) -> None:
    """Print the rate of sends over that of pgbench and that of SQLite, and of several emulators over one."""
    bench = cluster.create_database()
    subprocess.run([postgresql.program("pgbench"), "-i", "-q", "-s", "10", bench], capture_output=True, check=True)
    with ExitStack() as stack:
        # Emulators of one database would hear of the sends that are measured on others.
        several = {count: Emulators(stack, cluster.create_database(), count, folder) for count in (1, 2, 4)}
        file = Emulators(stack, str(folder / "store.sqlite"), 1, folder)
        memory = Emulators(stack, "", 1, folder)
        measured: dict[object, Callable[[], float]] = {
            "pgbench": lambda: pgbench(cluster, bench),
            "SQLite": file.rate,
            "memory": memory.rate,
            **{count: emulators.rate for count, emulators in several.items()},
        }
        for rate in measured.values():
            rate()
        found: dict[object, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, rate in measured.items():
                found[name].append(rate())
        for name, title in (
            ("pgbench", "pgbench simple-update, transactions/s"),
            (1, "send, one emulator on PostgreSQL, requests/s"),
            ("SQLite", "send, one emulator on an SQLite file, requests/s"),
        ):
            table.line(title, statistics.median(found[name]), digits=0)
        for name, other, title, target in (
            (1, "pgbench", "send, one emulator / pgbench", "at least 0.35"),
            (2, "pgbench", "send, two emulators / pgbench", ""),
            (4, "pgbench", "send, four emulators / pgbench", ""),
            (1, "SQLite", "send, one emulator on PostgreSQL / SQLite file", ""),
            (1, "memory", "send, one emulator on PostgreSQL / in memory", ""),
            (2, 1, "send, two emulators / one", "at least 1.6 unless the machine is busy"),
            (4, 1, "send, four emulators / one", ""),
        ):
            table.ratio(title, [one / two for one, two in zip(found[name], found[other], strict=True)], target)
        for count, emulators in several.items():
            _loads(f"sends to {count}", cluster, emulators.rate, emulators)
        _loads("sends to one on SQLite", cluster, file.rate, file)
        _loads("pgbench", cluster, lambda: pgbench(cluster, bench))


def drains(cluster: postgresql.Cluster, folder: Path, many: int, rounds: int) -> None:
    """Print the time of fetching 300 reports out of many over that out of few."""
    with ExitStack() as stack:
        emulators = Emulators(stack, cluster.create_database(), 2, folder)
        few, userid = emulators.userids[:2]
        _fill(emulators.urls, few, 300 * (rounds + 1))
        begun = elapsed()
        _fill(emulators.urls, userid, many)
        table.line("messages/s of sends with 500 numbers, two emulators", many / (elapsed() - begun), digits=0)
        found = {one: [_drain(emulators.urls[0], one) for _ in range(rounds + 1)][1:] for one in (few, userid)}
        table.line("drain of 300 out of few, ms", 1000 * statistics.median(found[few]), digits=1)
        quotients = [large / small for large, small in zip(found[userid], found[few], strict=True)]
        table.ratio(f"drain of 300 out of {many:,} / out of few", quotients, "at most 1.5")
        rate = emulators.rate
        beside_many = [rate() for _ in range(rounds)]
    with ExitStack() as stack:
        emulators = Emulators(stack, cluster.create_database(), 2, folder)
        beside_few = [emulators.rate() for _ in range(rounds)]
        quotients = [few / many for few, many in zip(beside_few, beside_many, strict=True)]
        table.ratio(f"send beside {many:,} messages / beside few", quotients, "at most 1.5")


def _fill(urls: Sequence[str], userid: str, messages: int) -> None:
    phones = [f"138{number:08d}" for number in range(_PER_SEND)]

    def fill(number: int) -> None:
        with Client(urls[number % len(urls)], userid, _PASSWORD) as client:
            for _ in range(round(messages / _PER_SEND / 4 + 0.5)):
                client.send(phones, "验证码为1234。【签名】")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, range(4)))


def _drain(url: str, userid: str) -> float:
    begun = elapsed()
    http.post(url, REPORT, f'<root userid="{userid}" password="{_PASSWORD}"></root>'.encode())
    return elapsed() - begun


def accounts(cluster: postgresql.Cluster, folder: Path, many: int, rounds: int) -> None:
    """Print the rate of sends beside few accounts over that beside many."""
    with ExitStack() as stack:
        emulators = Emulators(stack, cluster.create_database(), 2, folder)
        few = [emulators.rate() for _ in range(rounds)]
        for number in range(many):
            emulators.control.open({**_SETTINGS, "userid": f"7{number:06d}"})
        quotients = [one / other for one, other in zip(few, [emulators.rate() for _ in range(rounds)], strict=True)]
        table.ratio(f"send beside {many:,} accounts / beside few", quotients, "at most 1.5")


def waits(cluster: postgresql.Cluster, folder: Path) -> None:
    """Print the time from a send on one emulator to the answer of a wait on another."""
    with ExitStack() as stack:
        emulators = Emulators(stack, cluster.create_database(), 2, folder)
        userid = emulators.userids[0]
        listening = stack.enter_context(ControlClient(emulators.urls[1])).account(userid)
        client = stack.enter_context(Client(emulators.urls[0], userid, _PASSWORD))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        taken: list[float] = []
        pause = threading.Event()
        for number in range(60):
            phone = f"139{number:08d}"
            heard = pool.submit(lambda phone=phone: (listening.wait(phone=phone, timeout=10), elapsed()))  # type: ignore[misc]
            # The wait has to be there first.
            pause.wait(0.05)
            client.send(phone, "验证码为1234。【签名】")
            sent = elapsed()
            taken.append(heard.result()[1] - sent)
        table.line(
            "from a send on one emulator to a wait on another, ms", 1000 * statistics.median(taken), "at most 50"
        )


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000, help="messages of the account that is drained")
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts beside those in use")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each ratio")
    given = parser.parse_args()
    with postgresql.cluster(is_durable=True) as cluster, TemporaryDirectory() as folder:
        table.head()
        rates(cluster, Path(folder), given.rounds)
        waits(cluster, Path(folder))
        accounts(cluster, Path(folder), given.accounts, given.rounds)
        drains(cluster, Path(folder), given.messages, given.rounds)


if __name__ == "__main__":
    main()
