"""The clusters of PostgreSQL that tests run on."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from harness import postgresql
from harness.emulators import until

_KILLED = """
import os, signal, sys
from harness.postgresql import cluster
with cluster() as one:
    print(one.log.parent, one.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_committed_outlives_a_kill_of_the_database() -> None:
    with postgresql.cluster(is_durable=True) as cluster:
        url = cluster.create_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept ()")
        cluster.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        cluster.start()
        with psycopg.connect(url) as connection:
            connection.execute("TABLE kept")
        cluster.restart()
        cluster.drop_database(url)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(url)


def test_a_cluster_ends_with_the_process_that_uses_it_even_if_that_is_killed() -> None:
    tests = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", _KILLED], check=False, capture_output=True, text=True, cwd=tests)
    folder, pid = done.stdout.split()
    until(lambda: not Path(folder).exists())
    # A process that nobody has waited for has no command line any more.
    command = Path("/proc", pid, "cmdline")
    assert not command.exists() or not command.read_bytes()


def test_a_machine_without_postgresql_is_told_the_name_of_the_package() -> None:
    with pytest.raises(postgresql.MissingPostgresql, match="Debian's package is postgresql"):
        postgresql.program("no-such-program")
