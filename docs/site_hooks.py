"""Hooks of MkDocs: one build makes the documentation site in both languages, the Chinese one in the folder `zh`.

Pages in `docs` are English, those in `docs/zh` Chinese. The Chinese site has the navigation of the English one.
"""

import re
from pathlib import Path
from typing import Any, cast

import site_openapi
from mkdocs import config as configs
from mkdocs.commands import build
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_CHINESE = "zh/"
_SHARED = ("images/", "api/")
"""Folders that have no translation."""

_MARKS = r"\u2018-\u201d\u2026\u3000-\u303f\uff00-\uffef"
_BREAK = re.compile(rf"(?<=[{_MARKS}\u4e00-\u9fff])\n *(?=[{_MARKS}\u4e00-\u9fff])|(?<=[{_MARKS}])\n *(?=[A-Za-z`\[])")
"""A line break in Chinese prose."""

_configs: Any = configs  # its functions are not typed
_LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]+)\)")
_NOTE = re.compile(r"^<!--.*?-->\s*", re.DOTALL)
_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def _is_chinese(config: MkDocsConfig) -> bool:
    return bool(config.theme["language"] == "zh")


def on_config(config: MkDocsConfig) -> None:
    """Take the navigation of the English site, with Chinese pages and titles.

    Raises:
        ConfigurationError: The title of a section is not translated.
    """
    if _is_chinese(config):
        titles = cast("dict[str, str]", config.extra["sections"])
        config.nav = [_translated(item, titles) for item in cast("list[Any]", config["nav"])]


def _translated(item: Any, titles: dict[str, str]) -> Any:  # noqa: ANN401 - a path, or a dictionary of paths
    if isinstance(item, str):
        return item if item.startswith(_SHARED) else _CHINESE + item
    ((title, items),) = cast("dict[str, list[Any]]", item).items()
    if title not in titles:
        message = f"mkdocs.zh.yml has no translation of the section {title!r} in extra.sections"
        raise ConfigurationError(message)
    return {titles[title]: [_translated(one, titles) for one in items]}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Leave out the pages of the other language, and add the OpenAPI document.

    Links between the pages stay as they are in the repository.
    """
    language = config.theme["language"]
    chosen = [File.generated(config, name, content=text) for name, text in site_openapi.contents(language)]
    for file in files:
        is_page = file.is_documentation_page()
        if not is_page or file.src_uri.startswith(_SHARED) or file.src_uri.startswith(_CHINESE) == _is_chinese(config):
            file.dest_uri = file.dest_uri.removeprefix(_CHINESE)
            chosen.append(file)
    return Files(chosen)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Describe the page by its first paragraph. Join Chinese lines, between which a browser would set a blank."""
    del files
    # MkDocs finds the title of a page only at its beginning.
    pieces = _FENCED.split(_NOTE.sub("", markdown))
    pieces[::2] = [with_links_to_repository(piece, page.file.src_uri, config.repo_url) for piece in pieces[::2]]
    if _is_chinese(config):
        pieces[::2] = [_BREAK.sub("", piece) for piece in pieces[::2]]
    page.meta.setdefault("description", description("".join(pieces)))
    if page.file.name == "codes":
        # The titles of many pages contain a part of 状态码, such as 状态机.
        page.meta["search"] = {"boost": 3}
    return "".join(pieces)


def with_links_to_repository(markdown: str, page: str, repository: str | None) -> str:
    """Return prose whose links to files outside `docs` lead to the repository.

    Args:
        markdown: The prose.
        page: Path of the page in `docs`.
        repository: Address of the repository. Without it, such a link is only its text.
    """

    def changed(link: re.Match[str]) -> str:
        target = (DOCS / page).parent.joinpath(link[2]).resolve()
        if target.is_relative_to(DOCS) or not target.exists():
            return link[0]
        kind = "tree" if target.is_dir() else "blob"
        path = target.relative_to(ROOT).as_posix()
        return f"[{link[1]}]({repository.rstrip('/')}/{kind}/main/{path})" if repository else link[1]

    return _LINK.sub(changed, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show the OpenAPI document on its page."""
    del config, files
    return html + site_openapi.frame() if page.file.name == "openapi" else html


def description(markdown: str) -> str:
    """Return the first paragraph of a page, without marks."""
    paragraphs = (one.strip() for one in markdown.split("\n\n"))
    first = next((one for one in paragraphs if one and not one.startswith(("#", "<", "!", "[", "```"))), "")
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first)
    return re.sub(r"[`*]", "", " ".join(plain.split()))


def on_post_build(config: MkDocsConfig) -> None:
    """Build the Chinese site after the English one, which empties the folder."""
    if not _is_chinese(config):
        folder, address = str(Path(config.site_dir) / "zh"), config.site_url and f"{config.site_url}zh/"
        chinese = str(ROOT / "mkdocs.zh.yml")
        build.build(_configs.load_config(chinese, site_dir=folder, site_url=address, strict=config.strict))
