"""The client needs none of the server's packages."""

import subprocess
import sys

from harness.emulators import emulator

from ccell_mock_server import fake

_PROGRAM = """
import asyncio
import sys

CLIENT = {"httpx2", "httpcore2", "h11", "anyio", "idna", "sniffio", "truststore", "typing_extensions", "tenacity"}

class OthersAreAbsent:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if not top.startswith("_") and top not in {"ccell_fake", *CLIENT, *sys.stdlib_module_names}:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, OthersAreAbsent())

from ccell_fake import AsyncClient, Client

url, userid, password = sys.argv[1:]

def send():
    with Client(url, userid, password) as client:
        (resp,) = client.send("13800000000", "您好【签名】").resps
        return resp.code, [report.msgid == resp.msgid for report in client.reports()]

async def send_async():
    async with AsyncClient(url, userid, password, dialect="json", signed=True) as client:
        (resp,) = (await client.send("13900000000", "您好【签名】")).resps
        return resp.code, [report.msgid == resp.msgid for report in await client.reports()]

print([send(), asyncio.run(send_async())])
"""


def test_both_clients_send_and_fetch_where_only_their_own_packages_are_installed() -> None:
    with emulator() as running, fake.server(running) as server, server.open() as ccell:
        command = [sys.executable, "-c", _PROGRAM, server.url, ccell.userid, ccell.password]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[('0', [True]), ('0', [True])]"
