"""Metrics for Prometheus: counts of requests, queues, slots and accounts."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.ledger import Store
from ccell_fake.errors import StoreUnavailable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """The metrics of one emulator."""

    def __init__(self, accounts: Accounts, store: Store) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ccell_requests", "Requests to the gateway", ("operation", "code"), registry=self._registry
        )
        self._latency = Histogram(
            "ccell_request_seconds",
            "Time from a request to its answer",
            ("operation",),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._registry.register(_Gauges(accounts, store))

        # Finding a label takes longer than counting.
        self._counter = lru_cache(maxsize=None)(self._requests.labels)
        self._timer = lru_cache(maxsize=None)(self._latency.labels)

    def count(self, operation: str, code: str, seconds: float) -> None:
        """Count a request. The code is empty if a fault prevented one."""
        self._counter(operation, code).inc()
        self._timer(operation).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    def __init__(self, accounts: Accounts, store: Store) -> None:
        self._accounts = accounts
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Read queues and slots, and the store's own figures. Without the store, only the latter."""
        for name, meaning, value in self._store.figures:
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield family(f"ccell_{name}", meaning, value=value)
        with suppress(StoreUnavailable):
            yield from self._of_accounts()

    def _of_accounts(self) -> Iterator[Metric]:
        with self._store.reading() as ledger:
            reports, upmsgs = ledger.inspect.waiting()
            accounts = list(self._accounts.all(ledger))
            scheduled = sum(ledger.inspect.scheduled(account.key, account.now) for account in accounts)
            slots = sum(ledger.in_progress(account.key) for account in accounts)
        queues = GaugeMetricFamily("ccell_queue_depth", "Waiting items of all accounts", labels=["queue"])
        for queue, depth in (("reports", reports), ("upmsgs", upmsgs), ("scheduled", scheduled)):
            queues.add_metric([queue], depth)
        yield queues
        yield GaugeMetricFamily("ccell_slots_in_use", "Used slots of all accounts", value=slots)
        yield GaugeMetricFamily("ccell_accounts", "Open accounts", value=len(accounts))
