"""PostgreSQL for tests: a cluster of its own, in a temporary folder and on a free port of 127.0.0.1.

A cluster ends with the last process that uses it, even if that process is killed: each user holds a shared lock on a
file, and a process of this module waits for the exclusive one, then stops the cluster and removes its folder.
"""

import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

PASSWORD = "secret-of-the-database"
SHARED = "TESTS_POSTGRESQL"
"""Variable with the folder of the cluster that all processes of a test run share."""

_USER = "ccell"
_UNPRIVILEGED = ("postgres", "nobody")
_MEMORY = Path("/dev/shm")  # noqa: S108 - databases are made several times as fast there
_ENOUGH = 4 << 30
_SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": 400, "shared_buffers": "64MB", "log_timezone": "UTC"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10min"}


def new_name() -> str:
    """Return a name that no database has."""
    return f"t{secrets.token_hex(8)}"


class MissingPostgresql(Exception):
    """The programs of PostgreSQL are not installed."""


@cache
def program(name: str) -> str:
    """Return the path of a program of the newest PostgreSQL. Raises MissingPostgresql without one."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    if found := shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])):
        return found
    message = f"{name} is neither in /usr/lib/postgresql/*/bin nor on PATH; Debian's package is postgresql"
    raise MissingPostgresql(message)


def is_installed() -> bool:
    """Return whether the programs of PostgreSQL are there."""
    with suppress(MissingPostgresql):
        return bool(program("initdb"))
    return False


class Cluster:
    """A cluster with a role that owns everything.

    Attributes:
        folder: Its folder.
        port: Its port of 127.0.0.1.
        log: The file with the server's log.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "log"

    @property
    def pid(self) -> int:
        """The process of the server."""
        return int((self.folder / "data" / "postmaster.pid").read_text("utf-8").split()[0])

    def url(self, database: str = "postgres") -> str:
        """The URL of a database, with the password."""
        return f"postgresql://{_USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0", prefix: str = "") -> str:
        """Create a database as a copy of another one, to which nobody is connected. Returns its URL."""
        name = prefix + new_name()
        version = int((self.folder / "data" / "PG_VERSION").read_text("utf-8"))
        # Files are copied in half the time of the default strategy. PostgreSQL 14 knows no other.
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {'STRATEGY file_copy' if version > 14 else ''}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, and end its connections."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def drop_unused(self, prefix: str) -> None:
        """Drop the databases with this beginning of their names to which nobody is connected."""
        unused = "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = pg_database.oid)"
        for (name,) in self.execute(f"SELECT datname FROM pg_database WHERE datname ^@ '{prefix}' AND {unused}"):
            self.drop_database(self.url(name))

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement outside a transaction. Returns its rows."""
        import psycopg  # noqa: PLC0415 - the process that waits for the end does not need it

        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        _run("pg_ctl", "start", "-w", "-t", "120", "-s", "-D", self._data, "-l", str(self.log))

    def stop(self) -> None:
        """Stop the server. Its connections end at once."""
        _run("pg_ctl", "stop", "-w", "-t", "120", "-s", "-m", "fast", "-D", self._data)

    def restart(self) -> None:
        """Stop the server, and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End the server without a checkpoint, as a crash would. The next start recovers."""
        _run("pg_ctl", "stop", "-w", "-t", "120", "-s", "-m", "immediate", "-D", self._data)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")


@contextmanager
def cluster(*, is_durable: bool = False, **settings: str) -> Generator[Cluster]:
    """Run a cluster for a test alone.

    Args:
        is_durable: Keep what was committed if the machine crashes, as by default outside of tests. It is slower.
        settings: Settings of the server.
    """
    folder = Path(tempfile.mkdtemp(prefix="ccell-postgresql-"))
    with (folder / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield _create(folder, settings if is_durable else _FAST | settings, "scram-sha-256")


def name_shared() -> Path:
    """Choose the folder of the cluster that this process and those that it starts share, and return it."""
    name = f"ccell-postgresql-{secrets.token_hex(4)}"
    has_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return Path(os.environ.setdefault(SHARED, str(Path(_MEMORY if has_memory else tempfile.gettempdir(), name))))


@cache
def shared() -> Cluster:
    """The cluster of the test run. The first call of any of its processes starts it."""
    program("initdb")
    folder = name_shared()
    with _locked(folder):
        folder.mkdir(exist_ok=True)
        users = os.open(folder / "users", os.O_WRONLY | os.O_CREAT)  # kept open until this process ends
        fcntl.flock(users, fcntl.LOCK_SH)
        if (folder / "port").exists():
            return Cluster(folder, int((folder / "port").read_text("utf-8")))
        return _create(folder, _FAST, "md5")  # a check of the password by scram takes longer than a request


def shared_template(fill: Callable[[str], object]) -> str:
    """The name of a database of the test run to copy. A function fills it once, by its URL."""
    cluster = shared()
    with _locked(cluster.folder):
        made = cluster.folder / "template"
        if not made.exists():
            url = cluster.create_database()
            fill(url)
            made.write_text(url.rpartition("/")[2], "utf-8")
        return made.read_text("utf-8")


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Let one process of the test run in at a time."""
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(folder: Path, settings: Mapping[str, object], authentication: str) -> Cluster:
    """Create a cluster in a folder whose file `users` is locked, and start it."""
    from harness.processes import free_port  # noqa: PLC0415 - most processes only use a cluster

    program("initdb")
    owner = _owner()
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)
    watch = subprocess.Popen(
        [sys.executable, "-I", __file__, str(folder)], start_new_session=True, stdin=subprocess.DEVNULL
    )  # fmt: skip
    watch.returncode = 0  # it outlives this process
    password = folder / "password"
    password.write_text(PASSWORD, "utf-8")
    data = folder / "data"
    way = ("-E", "UTF8", "--locale=C", "-A", authentication, f"--pwfile={password}")
    _run("initdb", "-D", str(data), "-U", _USER, *way, "--no-sync", "--no-instructions")
    one = Cluster(folder, free_port())
    given = {**_SETTINGS, **settings, "port": one.port, "unix_socket_directories": str(folder)}
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in given.items())
    one.start()
    (folder / "port").write_text(str(one.port), "utf-8")
    return one


def _owner() -> pwd.struct_passwd | None:
    """The user to run as, or None for the present one: PostgreSQL refuses to run as root."""
    if os.getuid():
        return None
    for name in _UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    message = "PostgreSQL does not run as root, and there is no other user to run it: neither postgres nor nobody"
    raise MissingPostgresql(message)


def _run(name: str, *arguments: str) -> None:
    """Run a program of PostgreSQL to its end, as an unprivileged user."""
    owner = _owner()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    with tempfile.TemporaryFile() as output:
        # Not a pipe: the server that pg_ctl starts would keep it open.
        done = subprocess.run(
            [program(name), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment,
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
            extra_groups=owner and [],
        )
        output.seek(0)
        assert done.returncode == 0, f"{name} {' '.join(arguments)}: {output.read().decode(errors='replace')}"


def _stop_after_the_last_user(folder: Path) -> None:
    """Wait until no process uses a cluster, then stop it without care and remove its folder."""
    with (folder / "users").open("r") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        (folder / "port").unlink(missing_ok=True)
        with suppress(AssertionError):
            Cluster(folder, 0).kill()
        shutil.rmtree(folder, ignore_errors=True)
        Path(f"{folder}.lock").unlink(missing_ok=True)


if __name__ == "__main__":
    _stop_after_the_last_user(Path(sys.argv[1]))
