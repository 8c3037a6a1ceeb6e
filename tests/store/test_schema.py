"""Which databases become stores, and which are refused."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from harness import postgresql
from harness.ledgers import database

from ccell_fake.store.errors import StoreError
from ccell_fake.store.postgresql import schema


def _refusal(url: str) -> str:
    with psycopg.connect(url) as connection, pytest.raises(StoreError) as caught:
        schema.prepare(connection)
    return str(caught.value)


def _created(ending: str) -> str:
    """Create a database with options. Returns its URL."""
    cluster = postgresql.shared()
    url = cluster.create_database()
    cluster.drop_database(url)
    name = url.rpartition("/")[2]
    cluster.execute(f"CREATE DATABASE {name} TEMPLATE template0 {ending}")
    return url


def test_emulators_that_start_at_the_same_time_share_a_store() -> None:
    cluster = postgresql.shared()
    url = cluster.create_database()

    def prepare(_: int) -> str:
        with psycopg.connect(url) as connection:
            return schema.prepare(connection)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(prepare, range(6)))) == 1
    cluster.drop_database(url)


def test_a_database_of_something_else_is_refused_and_stays_as_it_is() -> None:
    cluster = postgresql.shared()
    url = cluster.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE wages (amount integer)")
    assert _refusal(url) == "the database has tables of something else; give the store a database of its own"
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert tables.fetchall() == [("wages",)]
    cluster.drop_database(url)


def test_a_store_of_a_newer_version_is_refused() -> None:
    with database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE ccell_fake_store SET version = 99")
        assert _refusal(url) == "the database has a store of version 99; this emulator reads versions up to 1"


def test_a_damaged_store_is_refused() -> None:
    with database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM event_log")
        assert _refusal(url) == "the store in the database is damaged: table event_log lacks its row"
        with psycopg.connect(url) as connection:
            connection.execute("DROP TABLE event_log")
        assert _refusal(url) == 'the database cannot hold a store: relation "event_log" does not exist'


def test_another_encoding_is_refused() -> None:
    url = _created("ENCODING 'LATIN1' LOCALE 'C'")
    assert _refusal(url) == "the database has the encoding LATIN1; the store needs UTF8"
    postgresql.shared().drop_database(url)


def test_a_role_that_may_not_create_tables_is_told_so() -> None:
    cluster = postgresql.shared()
    url = cluster.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("DROP ROLE IF EXISTS ccell_reader")
        connection.execute("CREATE ROLE ccell_reader")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert (
        _refusal(f"{url}?options=-c%20role%3Dccell_reader")
        == "the database cannot hold a store: permission denied for schema public"
    )
    cluster.drop_database(url)
    cluster.execute("DROP ROLE ccell_reader")


def test_case_is_ignored_by_the_rules_of_unicode() -> None:
    """`ı` is the only character that Python folds in another way than the database."""
    with database() as url, psycopg.connect(url) as connection:
        for one, other in (("É", "é"), ("ß", "SS"), ("ς", "Σ"), ("ǅ", "ǆ"), ("K", "k"), ("\U00010400", "\U00010428")):
            assert one.casefold() == other.casefold()
            row = connection.execute("SELECT fold_case(%s) = fold_case(%s)", (one, other)).fetchone()
            assert row == (True,)
