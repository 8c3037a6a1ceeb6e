"""The ways clients write the same XML: declarations, quotes, blanks, order of attributes, references (S1, T4, W2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

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
    """How a document is written.

    Attributes:
        declaration: What stands in front of the root.
        gap: What stands around submits.
        equals: What stands between a name and its value; the document itself writes `linkid ="…"`.
        quote: What stands around a value.
        is_sparing: Whether only what has to be is written as a reference.
        is_ascii: Whether everything but ASCII is.
        end: How an element without content ends.
        names: The order of a submit's attributes.
    """

    declaration: str
    gap: str
    equals: str
    quote: str
    is_sparing: bool
    is_ascii: bool
    end: str
    names: list[str]


_FORMS = st.builds(
    _Form,
    declaration=st.sampled_from(_DECLARATIONS),
    gap=st.sampled_from(["", " ", "\n", "\r\n\t"]),
    equals=st.sampled_from(["=", " =", " = "]),
    quote=st.sampled_from(['"', "'"]),
    is_sparing=st.booleans(),
    is_ascii=st.booleans(),
    end=st.sampled_from(["/>", " />", "></{tag}>", "> </{tag}>"]),
    names=st.permutations([field.name for field in fields(Submit)]),
)


@st.composite
def documents(draw: DrawFn, request: Request) -> bytes:
    """The XML of a request that XML can carry, however it may be written; the simplest is one line in double quotes."""
    form = draw(_FORMS)
    head = f"<root{_attributes({'userid': request.userid, 'password': request.password}, form)}"
    submits = [
        f"<submit{_attributes(_in_order(submit, form), form)}{form.end.format(tag='submit')}"
        for submit in request.submits
    ]
    rest = form.gap.join([">", *submits, "</root>"]) if submits else form.end.format(tag="root")
    encoding = "ascii" if form.is_ascii else "utf-8"
    return form.declaration.encode() + f"{head}{rest}{form.gap}".encode(encoding, "xmlcharrefreplace")


def _in_order(submit: Submit, form: _Form) -> dict[str, str | None]:
    attributes = asdict(submit)
    return {name: attributes[name] for name in form.names}


def _attributes(attributes: Mapping[str, str | None], form: _Form) -> str:
    present = {name: value for name, value in attributes.items() if value is not None}
    return "".join(
        f" {name}{form.equals}{form.quote}{_escaped(value, form)}{form.quote}" for name, value in present.items()
    )


def _escaped(value: str, form: _Form) -> str:
    quotes = {form.quote: _QUOTES[form.quote]} if form.is_sparing else {**_QUOTES, ">": "&gt;"}
    return value.translate({ord(character): reference for character, reference in (_REFERENCES | quotes).items()})
