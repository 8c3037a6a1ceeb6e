"""Strategy for the XML of a request: declarations, quotes, blanks, attribute order, references (S1, T4, W2)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ccell_fake.model import Request, Submit

_DECLARATIONS = (
    "",
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="utf-8" ?>\n',
    "<?xml version='1.0'?>\r\n",
    "\ufeff<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n",
)
_BLANKS = {"\t": "&#9;", "\n": "&#10;", "\r": "&#xD;"}
_REFERENCES = {"&": "&amp;", "<": "&lt;", **_BLANKS}
_QUOTES = {'"': "&quot;", "'": "&#39;"}


@dataclass(frozen=True, slots=True)
class _Form:
    declaration: str
    # Between submits.
    gap: str
    # The document itself writes `linkid ="…"`.
    equals: str
    quote: str
    # References only where XML requires them.
    is_minimal: bool
    # References for everything but ASCII.
    is_ascii: bool
    # End of an empty element.
    end: str
    names: list[str]


_FORMS = st.builds(
    _Form,
    declaration=st.sampled_from(_DECLARATIONS),
    gap=st.sampled_from(["", " ", "\n", "\r\n\t"]),
    equals=st.sampled_from(["=", " =", " = "]),
    quote=st.sampled_from(['"', "'"]),
    is_minimal=st.booleans(),
    is_ascii=st.booleans(),
    end=st.sampled_from(["/>", " />", "></{tag}>", "> </{tag}>"]),
    names=st.permutations([field.name for field in fields(Submit)]),
)


@st.composite
def documents(draw: DrawFn, request: Request) -> bytes:
    """The XML of a request in any form. The simplest is one line with double quotes."""
    form = draw(_FORMS)
    credentials = {
        "userid": request.userid,
        "password": request.password,
        "seqid": request.seqid,
        "sign": request.sign,
    }
    head = f"<root{_attributes(credentials, form)}"
    rows = [{name: getattr(submit, name) for name in form.names} for submit in request.submits]
    submits = [f"<submit{_attributes(row, form)}{form.end.format(tag='submit')}" for row in rows]
    rest = form.gap.join([">", *submits, "</root>"]) if submits else form.end.format(tag="root")
    encoding = "ascii" if form.is_ascii else "utf-8"
    return form.declaration.encode() + f"{head}{rest}{form.gap}".encode(encoding, "xmlcharrefreplace")


def _attributes(attributes: Mapping[str, str | None], form: _Form) -> str:
    present = {name: value for name, value in attributes.items() if value is not None}
    return "".join(
        f" {name}{form.equals}{form.quote}{_escape(value, form)}{form.quote}" for name, value in present.items()
    )


def _escape(value: str, form: _Form) -> str:
    quotes = {form.quote: _QUOTES[form.quote]} if form.is_minimal else {**_QUOTES, ">": "&gt;"}
    return value.translate({ord(character): reference for character, reference in (_REFERENCES | quotes).items()})
