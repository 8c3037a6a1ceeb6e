"""Draw the diagrams of the pages: `python docs/diagrams.py`. It needs npm and Chromium. A test compares them with their sources.

`docs/images/NAME.mmd` is a source for Mermaid, and `NAME.svg` the picture. A picture needs no script where it is read.
"""

import shutil
import subprocess
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

SOURCES = sorted(Path(__file__).with_name("images").glob("*.mmd"))
_CONFIG = {"startOnLoad": False, "htmlLabels": False, "flowchart": {"htmlLabels": False}, "fontFamily": "sans-serif"}
_DRAW = """async ([source, config]) => {
    mermaid.initialize(config);
    return (await mermaid.render("diagram", source)).svg;
}"""


def described(source: str) -> str:
    """The element by which a picture names its source."""
    return f"<desc>{escape(source, quote=False)}</desc>"


def main() -> None:
    """Draw all diagrams."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "mermaid"], check=True)  # noqa: S603, S607
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(path=Path(folder) / "node_modules" / "mermaid" / "dist" / "mermaid.min.js")
        for path in SOURCES:
            source = path.read_text("utf-8")
            picture: str = page.evaluate(_DRAW, [source, _CONFIG])
            # The pages have a dark scheme, too.
            head, _, rest = picture.replace('style="', 'style="background: white; ', 1).partition(">")
            path.with_suffix(".svg").write_text(f"{head}>{described(source)}{rest}\n", "utf-8")
        browser.close()


if __name__ == "__main__":
    main()
