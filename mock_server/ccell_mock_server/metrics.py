"""Counts of requests and of what waits, for Prometheus."""

from collections.abc import Iterator
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ccell_fake.clock import to_micros
from ccell_fake.engine.accounts import Accounts
from ccell_fake.store.database import SqliteStore

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """What one emulator counts."""

    def __init__(self, accounts: Accounts, store: SqliteStore) -> None:
        """Begin at nothing.

        Args:
            accounts: Whose slots and queues are looked at.
            store: Where the queues are.
        """
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ccell_requests", "Requests to the gateway", ("operation", "code"), registry=self._registry
        )
        self._latency = Histogram(
            "ccell_request_seconds",
            "From a request's arrival to its answer",
            ("operation",),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._registry.register(_Depths(accounts, store))

        # To look a label up costs more than to count.
        self._counter = lru_cache(maxsize=None)(self._requests.labels)
        self._timer = lru_cache(maxsize=None)(self._latency.labels)

    def count(self, operation: str, code: str, seconds: float) -> None:
        """Count a request; the code is empty where a fault struck before one was decided."""
        self._counter(operation, code).inc()
        self._timer(operation).observe(seconds)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Depths(Collector):
    def __init__(self, accounts: Accounts, store: SqliteStore) -> None:
        self._accounts = accounts
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Look at queues and slots."""
        with self._store.transaction() as ledger:
            reports, upmsgs = ledger.inspect.waiting()
            scheduled = sum(ledger.inspect.scheduled(account.key, account.now) for account in self._accounts)
            now = to_micros(self._accounts.clock.now())
            slots = sum(account.slots.in_progress(now) for account in self._accounts)
            accounts = len(tuple(self._accounts))
        depths = GaugeMetricFamily("ccell_queue_depth", "What waits, over all accounts", labels=["queue"])
        for queue, depth in (("reports", reports), ("upmsgs", upmsgs), ("scheduled", scheduled)):
            depths.add_metric([queue], depth)
        yield depths
        yield GaugeMetricFamily("ccell_slots_in_use", "Slots that are taken, over all accounts", value=slots)
        yield GaugeMetricFamily("ccell_accounts", "Accounts that are open", value=accounts)
