"""The built documentation site: its files, what they link to, and a server."""

import functools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

ORIGIN = "http://site"


@dataclass
class HtmlPage(HTMLParser):
    """A page of the site.

    Attributes:
        path: Its path from the root of the site, such as `zh/codes/`.
        html: Its text.
        ids: The anchors.
        links: What it links to and loads, with the name of the tag.
        title: The text of `title`.
        description: The meta description.
        language_link: The link to the other language.
        texts: The texts outside code.
    """

    path: str
    html: str
    ids: set[str] = field(default_factory=set[str])
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    title: str = ""
    description: str = ""
    language_link: str = ""
    texts: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__()
        self._open: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self.links += [(tag, given[name]) for name in ("href", "src") if name in given]
        if given.get("name") == "description":
            self.description = given["content"]
        if "language" in given.get("class", "").split():
            self.language_link = self.resolved(given["href"])
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Forget a tag, and those within it that have no end."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._open and self._open[-1] == "title" and not self.title:
            self.title = data
        elif not {"code", "pre", "script", "style", "svg"} & set(self._open):
            self.texts.append(data)

    def resolved(self, link: str) -> str:
        """The path from the root of the site to which a link leads, with its anchor."""
        return urljoin(f"{ORIGIN}/{self.path}", link).removeprefix(f"{ORIGIN}/")


@dataclass(frozen=True)
class Site:
    """The built site.

    Attributes:
        folder: Its files.
    """

    folder: Path

    @cached_property
    def pages(self) -> dict[str, HtmlPage]:
        """The pages, by their paths."""
        found = {file.parent.relative_to(self.folder).as_posix(): file for file in self.folder.rglob("index.html")}
        paths = {"" if folder == "." else f"{folder}/": file for folder, file in found.items()}
        return {path: HtmlPage(path, file.read_text("utf-8")) for path, file in paths.items()}

    def is_there(self, target: str) -> bool:
        """Return whether a resolved link leads to a file, and to an anchor of it if it names one."""
        path, anchor = urldefrag(target)
        path, anchor = unquote(path), unquote(anchor)
        page = self.pages.get(path.removesuffix("index.html"))
        if page is None:
            return not anchor and (self.folder / path).is_file()
        return not anchor or anchor in page.ids or anchor == "__search"


def is_external(link: str) -> bool:
    """Return whether a link leads to another host."""
    return bool(urlsplit(link).netloc)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - quiet
        """Print nothing."""


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Serve a folder on loopback. Yields its address, which ends with a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
