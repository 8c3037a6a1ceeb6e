"""Print how long the console takes in Chromium with 100,000 messages: `python tests/benchmarks/browsing.py`.

The times are in milliseconds, each as median and greatest: from a search to its first row; between two frames while the
list scrolls; and from the gateway's answer to the new message on the page.
"""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from ccell_fake.control.client import ControlClient

MESSAGES = 100_000
_PER_SEND = 20
_ROUNDS = 20
_SEARCHES = {
    "one number, of one account": ("200001", "phone:13800000019 linkid:n7"),
    "the beginning of a number, of all": ("", "phone:138*"),
    "a number that got nothing, of all": ("", "phone:13999999999"),
    "a text in the content, of all": ("", "验证码为1234"),
    "a text that occurs nowhere, of all": ("", "nowhere"),
    "failed messages, of all": ("", "state:failed"),
    "codes 1004*, of all": ("", "code:1004*"),
}

# The page answers a search when the list is not busy any more.
_SEARCH = """([account, query]) => new Promise((resolve) => {
  const began = performance.now();
  const isDone = () => {
    const input = document.querySelector("#search");
    return input?.value === query && document.querySelector(".scroller")?.ariaBusy === "false";
  };
  const look = () => (isDone() ? resolve(performance.now() - began) : requestAnimationFrame(look));
  location.hash = `#/messages?${new URLSearchParams({ account, q: query })}`;
  look();
})"""
_SCROLL = """() => new Promise((resolve) => {
  const list = document.querySelector(".scroller");
  const frames = [];
  let former = performance.now();
  const step = (now) => {
    frames.push(now - former);
    former = now;
    list.scrollTop += 400;
    if (frames.length < 300) requestAnimationFrame(step);
    else resolve([frames.slice(1), list.scrollTop]);
  };
  requestAnimationFrame(step);
})"""
_WATCH = """(linkid) => {
  window.seen = new Promise((resolve) => {
    const look = () => ([...document.querySelectorAll(".row .linkid")].some((one) => one.textContent === linkid)
      ? resolve(performance.timeOrigin + performance.now()) : requestAnimationFrame(look));
    look();
  });
}"""


def _send(connection: HTTPConnection, phones: Iterable[str], linkid: str) -> None:
    body = (
        f'<root userid="200001" password="123456"><submit phone="{",".join(phones)}"'
        f' content="您的验证码为1234。【签名】" linkid="{linkid}"/></root>'
    )
    connection.request("POST", "/sms3_api/xmlapi/send.jsp", body.encode())
    answer = connection.getresponse().read()
    assert b'return="0"' in answer, answer


def _show(name: str, times: list[float]) -> None:
    print(f"{name:<45}{statistics.median(times):>9.1f}{max(times):>9.1f}")


def _measure(page: Page, url: str, connection: HTTPConnection) -> None:
    page.goto(f"{url}/_ccell/")
    page.wait_for_selector(".row")
    for name, (account, query) in _SEARCHES.items():
        times: list[float] = []
        for _ in range(5):
            times.append(page.evaluate(_SEARCH, [account, query]))
            page.evaluate(_SEARCH, [account, ""])
        _show(f"search: {name}", times)
    frames, reached = page.evaluate(_SCROLL)
    _show(f"a frame while scrolling {reached / 44:.0f} rows", frames)
    page.goto(f"{url}/_ccell/#/send")
    page.goto(f"{url}/_ccell/#/messages")
    page.wait_for_selector(".connection.live")
    arrivals: list[float] = []
    for number in range(_ROUNDS):
        page.evaluate(_WATCH, f"new-{number}")
        _send(connection, ["13900000000"], f"new-{number}")
        answered = page.evaluate("performance.timeOrigin + performance.now()")
        arrivals.append(max(page.evaluate("window.seen") - answered, 0.0))
    _show("a new message on the page", arrivals)


def main() -> None:
    """Measure and print."""
    served = Path(sys.executable).with_name("ccell-fake")
    command = [str(served), "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        url = str(process.stdout.readline().split()[-1])
        with ControlClient(url) as control:
            control.account("200001").change(credit=1_000_000)
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
            for number in range(MESSAGES // _PER_SEND):
                phones = (f"138{one:08d}" for one in range(_PER_SEND))
                _send(connection, phones, f"n{number}")
            print(f"{'milliseconds':<45}{'median':>9}{'most':>9}")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                _measure(browser.new_page(viewport={"width": 1280, "height": 800}), url, connection)
                browser.close()
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
