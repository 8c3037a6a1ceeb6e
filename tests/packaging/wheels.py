"""Check that no dependency needs a compiler: `python tests/packaging/wheels.py`.

On each platform, uv resolves the newest versions of all dependencies, extras included, as pip would install them. Then
it resolves these versions from wheels alone. The table names each version that has no wheel, and who needs it. uv
reads metadata only, and applies the markers of the platform, such as `platform_system == "Windows"`.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
PLATFORMS = {
    "Linux x86-64, glibc 2.28": "x86_64-manylinux_2_28",
    "Linux x86-64, glibc 2.17": "x86_64-manylinux_2_17",
    "Linux arm64, glibc 2.28": "aarch64-manylinux_2_28",
    "Alpine x86-64": "x86_64-unknown-linux-musl",
    "Alpine arm64": "aarch64-unknown-linux-musl",
    "macOS x86-64": "x86_64-apple-darwin",
    "macOS arm64": "aarch64-apple-darwin",
    "Windows x86-64": "x86_64-pc-windows-msvc",
    "Windows arm64": "aarch64-pc-windows-msvc",
}
"""Platforms that people use, and their names in uv."""

PYTHONS = ("3.11", "3.14")
EXTRAS = ("tls", "postgresql", "hypothesis", "contract", "demo")
"""Everything but the tools of this project's own tests."""

_AT_ONCE = 6


def _resolve(target: tuple[str, str], *arguments: str, requirements: str = "") -> list[str] | None:
    """Return requirements with the newest versions, or None if they cannot be met."""
    platform, python = target
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--annotation-style", "line"]
    command += ["--no-python-downloads", "--python", sys.executable]
    command += ["--python-platform", platform, "--python-version", python, *arguments]
    done = subprocess.run(command, cwd=ROOT, input=requirements, capture_output=True, text=True, check=False)
    if done.returncode and not requirements:
        sys.exit(done.stderr)
    return None if done.returncode else done.stdout.splitlines()


def _has_wheels(target: tuple[str, str], pins: list[str]) -> bool:
    arguments = ("--no-deps", "--only-binary", ":all:", "-")
    return _resolve(target, *arguments, requirements="\n".join(pins)) is not None


def _result(target: tuple[str, str]) -> tuple[int, list[str]]:
    """Return the number of packages on a platform, and those without a wheel."""
    pins = _resolve(target, *(f"--extra={extra}" for extra in EXTRAS), "pyproject.toml") or []
    if _has_wheels(target, pins):
        return len(pins), []
    return len(pins), [pin for pin in pins if not _has_wheels(target, [pin])]


def main() -> int:
    """Print the table. Returns 1 if a wheel is missing."""
    targets = [(platform, python) for platform in PLATFORMS.values() for python in PYTHONS]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = dict(zip(targets, pool.map(_result, targets), strict=True))
    table = Table("Platform", *(f"Python {python}" for python in PYTHONS))
    for name, platform in PLATFORMS.items():
        cells = (results[platform, python] for python in PYTHONS)
        table.add_row(name, *("\n".join(missing) or f"{count} wheels" for count, missing in cells))
    Console().print(table)
    missing = {pin.partition(" ")[0] for _, pins in results.values() for pin in pins}
    if missing:
        print("No wheel:", *sorted(missing), file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
