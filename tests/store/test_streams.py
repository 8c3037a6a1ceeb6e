"""Streams of events while other emulators write."""

from typing import Any

import pytest
from harness.accounts import Served
from harness.emulators import emulator
from harness.ledgers import database

from ccell_fake import ControlClient
from ccell_fake.store.cache import SPARE_ENTRIES
from ccell_fake.store.postgresql.inspection import PostgresqlInspection
from ccell_mock_server.control.stream import Stream


def test_a_stream_tells_of_entries_that_are_dropped_while_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        database() as url,
        emulator(server={"store": url, "journal_entries": 1}) as one,
        ControlClient(one.url) as control,
    ):
        account = control.open({})
        stream = Stream(one.services, account.userid)
        read = PostgresqlInspection.journals

        def drop_and_read(*arguments: Any) -> Any:
            monkeypatch.undo()
            for _ in range(SPARE_ENTRIES + 3):
                Served(one.url, account).info()
            return read(*arguments)

        monkeypatch.setattr(PostgresqlInspection, "journals", drop_and_read)
        assert [event.kind for event in stream.due(set())] == ["resync"]
