"""Requests leave no memory behind, whatever they contain."""

import subprocess
import sys

import pytest

START = """
import resource
from ccell_fake.model import Operation
from ccell_fake.wire import requests, secrets

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def use_new_names(number):
    names = "".join(f"<{'long-' * 20}{number}-{one}/>" for one in range(5_000))
    requests.parse(Operation.SEND, f'<root userid="1" password="2">{names}</root>'.encode())

def use_a_long_password(number):
    password = f"{number}" + "&x" * 20_000
    assert password not in secrets.hide(f"a{password}b", [password])
"""
MEASURE = """
for number in range(5):
    act(number)
before = peak()
for number in range(5, 45):
    act(number)
print(peak() - before)
"""


@pytest.mark.parametrize("act", ["use_new_names", "use_a_long_password"])
def test_requests_with_new_texts_take_no_memory_afterwards(act: str) -> None:
    script = f"{START}\nact = {act}\n{MEASURE}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    # The names alone have 20 MB, and a pattern of each password megabytes.
    assert int(done.stdout) < 10
