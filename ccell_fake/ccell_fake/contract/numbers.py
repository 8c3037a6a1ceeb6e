"""Numbers that nobody can have, so that asking about them reaches nobody."""

UNKNOWN = "12000000001"
"""A number that no gateway recognises: no mainland number begins so."""


def unknown(count: int) -> list[str]:
    """So many different ones."""
    return [f"120{place:08d}" for place in range(count)]


def submit(phone: str, content: str, **attributes: str | None) -> dict[str, str | None]:
    """The attributes of a submit."""
    return {"phone": phone, "content": content, **attributes}
