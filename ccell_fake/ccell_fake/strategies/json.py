"""Strategy for the JSON-RPC of a request: ids, order of members, blanks, quotes and escapes (P6, J1 to J4)."""

import json
from dataclasses import dataclass
from typing import cast

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ccell_fake.model import Operation, Request

_IDS = ("1", None, '"1"', '"1530000000000"', '"6f1c2d34-5e6f-4a7b-8c9d-0e1f2a3b4c5d"', "null")


@dataclass(frozen=True, slots=True)
class _Form:
    id: str | None
    # After the name of a member.
    colon: str
    # After a member or an item.
    comma: str
    # Single quotes need a lenient parser (Q47).
    quote: str
    # Escapes for everything but ASCII.
    is_ascii: bool
    order: list[int]

    def write(self, value: object) -> str:
        """Write a value."""
        if isinstance(value, dict):
            named = cast("dict[str, object]", value)
            members = [f"{self.write(name)}{self.colon}{self.write(one)}" for name, one in named.items()]
            return "{" + self.comma.join(members) + "}"
        if isinstance(value, list):
            return "[" + self.comma.join(map(self.write, cast("list[object]", value))) + "]"
        text = json.dumps(value, ensure_ascii=self.is_ascii)
        if self.quote == '"':
            return text
        return "'" + text[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


_FORMS = st.builds(
    _Form,
    id=st.sampled_from(_IDS),
    colon=st.sampled_from([":", " : ", ": "]),
    comma=st.sampled_from([",", ", ", ",\n  "]),
    quote=st.sampled_from(['"', "'"]),
    is_ascii=st.booleans(),
    order=st.permutations([0, 1, 2]),
)


@st.composite
def documents(draw: DrawFn, operation: Operation, request: Request) -> bytes:
    """The JSON of a request in any form. The simplest is compact, with double quotes."""
    form = draw(_FORMS)
    members = {
        "userid": request.userid,
        "password": request.password,
        "seqid": request.seqid,
        "sign": request.sign,
    }
    params: dict[str, object] = {name: value for name, value in members.items() if value is not None}
    if operation is Operation.SEND:
        names = ("content", "phone", "sendtime", "linkid", "spcode")
        rows = [{name: getattr(submit, name) for name in names} for submit in request.submits]
        params["submit"] = [{name: value for name, value in row.items() if value is not None} for row in rows]
    parts = [
        "" if form.id is None else f"{form.write('id')}{form.colon}{form.id}",
        f"{form.write('method')}{form.colon}{form.write(operation.value)}",
        f"{form.write('params')}{form.colon}{form.write(params)}",
    ]
    written = form.comma.join(filter(None, (parts[place] for place in form.order)))
    return f"{{{written}}}".encode()
