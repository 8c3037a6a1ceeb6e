"""The emulator needs nothing that Windows does not have."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import os, select, selectors, signal, socket, sys

for module, names in {
    os: ("fork", "forkpty", "register_at_fork"),
    select: ("epoll", "poll", "POLLRDHUP"),
    selectors: ("EpollSelector", "PollSelector"),
    signal: ("SIGHUP", "SIGUSR1", "SIGUSR2", "pthread_kill"),
    socket: ("MSG_DONTWAIT",),
}.items():
    for name in names:
        delattr(module, name)
selectors.DefaultSelector = selectors.SelectSelector
sys.modules["fcntl"] = sys.modules["resource"] = None

from datetime import datetime, timezone
from pathlib import Path

from ccell_fake.stateful.killing import can_kill
from ccell_fake.transcripts.file import Writer, read
from ccell_mock_server import FakeCcell

with FakeCcell() as ccell:
    for _ in range(20):
        ccell.client.send("13800000000", "您好【签名】")
    assert len(ccell.client.reports()) == 20
    ccell.settings(report_delay=60)
    ccell.client.send("13900000000", "您好【签名】")
    ccell.clock.advance(minutes=1)
    assert ccell.account.wait(phone="139*", state="delivered", timeout=60)

path = Path(sys.argv[1])
for _ in range(2):
    with Writer(path, datetime.now(timezone.utc)):
        pass
assert len(read(path).runs) == 2
assert not can_kill()
print("served")
"""


def test_the_emulator_serves_without_poll_and_fork_and_locks(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "transcript")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert (done.returncode, done.stdout.strip()) == (0, "served"), done.stderr
