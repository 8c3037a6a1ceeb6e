"""XML leaves no memory behind, whatever names it has."""

import subprocess
import sys

SCRIPT = """
import resource
from ccell_fake.model import Operation
from ccell_fake.wire import requests

def parse(number):
    names = "".join(f"<{'long-' * 20}{number}-{one}/>" for one in range(5_000))
    requests.parse(Operation.SEND, f'<root userid="1" password="2">{names}</root>'.encode())

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for number in range(5):
    parse(number)
before = peak()
for number in range(5, 45):
    parse(number)
print(peak() - before)
"""


def test_new_names_in_each_request_take_no_memory_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    # The names alone have 20 MB.
    assert int(done.stdout) < 10
