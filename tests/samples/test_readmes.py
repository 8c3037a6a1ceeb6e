"""The READMEs of the samples: both languages have the same commands and code, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
from harness.pages import ROOT, blocks
from samples.suites import EXAMPLES, SUITES

FOLDERS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


def _readmes(folder: str) -> tuple[Path, Path]:
    return EXAMPLES / folder / "README.md", EXAMPLES / folder / "README.zh-CN.md"


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_chinese_readme_has_the_steps_of_the_english_one(folder: str) -> None:
    english, chinese = _readmes(folder)
    assert blocks(chinese) == blocks(english)
    numbers = [re.findall(r"^## (\d)\. ", page.read_text("utf-8"), re.MULTILINE) for page in (english, chinese)]
    assert numbers == [["1", "2", "3"]] * 2


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_link_of_a_readme_leads_to_a_file(folder: str) -> None:
    for readme in _readmes(folder):
        links = re.findall(r"\]\((?!https?://)([^)#]+)", readme.read_text("utf-8"))
        assert len(links) > 1
        assert [link for link in links if not (readme.parent / link).exists()] == []


def test_each_folder_of_the_samples_is_described() -> None:
    for page in (ROOT / "docs" / "languages.md", ROOT / "docs" / "zh" / "languages.md"):
        text = page.read_text("utf-8")
        assert [folder for folder in FOLDERS if f"[examples/{folder}](" not in text] == []
    assert set(FOLDERS) == {*SUITES, "testcontainers"}
