"""Print the results of the client's commands, and save those that cannot be printed."""

from collections.abc import Callable, Iterable
from dataclasses import asdict

from ccell_fake.client import (
    AccountStatus,
    ClientError,
    Malformed,
    Report,
    RequestRefused,
    Resp,
    Submit,
    Upmsg,
)
from ccell_fake.client.submits import numbers, split_requests
from ccell_mock_server.commands import output
from ccell_mock_server.commands.rows import Row, line
from ccell_mock_server.commands.rows import print_rows as print_table


def resp_rows(resps: Iterable[Resp], unanswered: Iterable[str]) -> list[Row]:
    """Return a row for each answered number, and for each number that the answer omits."""
    rows = [_row("accepted" if resp.is_accepted else "refused", resp) for resp in resps]
    return rows + [_row("unanswered", Resp("", phone, "", "")) for phone in unanswered]


def error_rows(error: ClientError) -> list[Row]:
    """Return the rows of a failed send: numbers answered before, refused, unsent, or of unknown outcome."""
    code, info = (error.code, error.info) if isinstance(error, RequestRefused) else ("", "")
    refused: tuple[Submit, ...] = ()
    unsent = error.unsent
    if code and not error.unknown:
        # The first of the requests that were not submitted is the one that was refused.
        refused, *later = split_requests(unsent)
        unsent = tuple(one for request in later for one in request)
    return [
        *resp_rows(error.resps, error.unanswered),
        *_submit_rows(error.unknown, "unknown", code, info),
        *_submit_rows(refused, "refused", code, info),
        *_submit_rows(unsent, "unsent"),
    ]


def _submit_rows(submits: Iterable[Submit], state: str, code: str = "", info: str = "") -> list[Row]:
    return [_row(state, Resp("", phone, code, info, one.linkid)) for one in submits for phone in numbers(one)]


def _row(state: str, resp: Resp) -> Row:
    others = {name: getattr(resp, name) or "" for name in ("code", "info", "msgid", "linkid")}
    return {"phone": resp.phone, "state": state, **others}


def item_row(item: Report | Upmsg | Malformed | AccountStatus) -> Row:
    """Return the fields of a report, an upstream message or an account, with times in ISO 8601.

    The row of a malformed item has its attributes as they came, and the violation as `malformed`.
    """
    if isinstance(item, Malformed):
        return {**item.attributes, "malformed": item.reason}
    row: Row = asdict(item)
    return row | {name: row[name].isoformat() for name in ("recvtime", "motime") if name in row}


def print_lines(rows: Iterable[Row], *, as_json: bool, finish: Callable[[], object] = lambda: None) -> None:
    """Print each row on its own line as soon as it arrives. Rows that are not printed are saved.

    Args:
        rows: The rows.
        as_json: Print JSON.
        finish: Called if a row cannot be printed; it makes `rows` end.

    Raises:
        Unwritten: Stdout cannot be written.
    """
    left = iter(rows)
    for row in left:
        try:
            output.echo(line(row, as_json=as_json))
        except BaseException:
            finish()
            rest = [row]
            try:
                rest.extend(left)
            finally:
                output.keep(rest)
            raise


def print_rows(rows: Iterable[Row], *, as_json: bool) -> None:
    """Print rows as `rows.print_rows` does. Save all of them if they cannot be printed.

    Raises:
        Unwritten: Stdout cannot be written.
    """
    if as_json:
        print_lines(rows, as_json=True)
        return
    rows = list(rows)
    try:
        print_table(rows, as_json=False)
    except BaseException:
        output.keep(rows)
        raise
