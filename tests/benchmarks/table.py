"""The lines of the table: what was measured and, in milliseconds, what that were where the targets were set."""

import statistics

REQUESTS_PER_SECOND = 3_623
"""What a static Flask route made on Cheroot as it comes, with 8 connections, on the machine of the targets."""


def head() -> None:
    """Text above the table."""
    print(f"{'what':<62}{'measured':>12}{'scaled':>12}   target")


def line(what: str, measured: float, target: str = "", *, digits: int = 2, speed: float | None = None) -> None:
    """One figure.

    Args:
        what: What was measured.
        measured: The figure.
        target: What it is to be.
        digits: Behind the point.
        speed: How fast this machine is, that of the targets being 1; for a figure in milliseconds.
    """
    scaled = "" if speed is None else f"{measured * speed:.{digits}f}"
    print(f"{what:<62}{measured:>12.{digits}f}{scaled:>12}   {target}".rstrip(), flush=True)


def ratio(what: str, quotients: list[float], target: str = "") -> None:
    """Print a ratio: the median over rounds, the least and the greatest."""
    spread = f"{min(quotients):.2f}..{max(quotients):.2f}"
    print(f"{what:<62}{statistics.median(quotients):>12.2f}{spread:>12}   {target}".rstrip(), flush=True)


def foot() -> None:
    """Text below the table."""
    print(
        "scaled: times the requests/s of a static Flask route on Cheroot as it comes, "
        f"over the {REQUESTS_PER_SECOND:,} that it makes on the machine on which the targets were set"
    )
