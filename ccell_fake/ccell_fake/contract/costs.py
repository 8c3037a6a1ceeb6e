"""What asking costs on a live account: nothing, messages, queued reports, or the risk of a lock."""

import re
from dataclasses import dataclass
from typing import Self

KINDS = ("sms", "drain", "risk")
"""What has to be allowed by name."""

REFUSED = 6
"""Pytest's exit code of a run that nobody consented to: none of its own."""

_SMS = re.compile(r"sms ([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost.

    Attributes:
        sms: Messages that are sent to one's own numbers, as they are charged.
        drain: Whether reports or upstream messages are taken from the account's queues.
        risk: Whether the account may be locked by it.
    """

    sms: int = 0
    drain: bool = False
    risk: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cost that a text such as `free`, `sms 2` or `sms 1, drain` names.

        Raises:
            ValueError: It names none.
        """
        sms, kinds = 0, set[str]()
        for part in text.split(", ") if text != "free" else ():
            count = _SMS.fullmatch(part)
            if count:
                sms = int(count[1])
            elif part in {"drain", "risk"}:
                kinds.add(part)
            else:
                message = f"a cost is free, or some of sms N, drain and risk with commas between them, not {text!r}"
                raise ValueError(message)
        return cls(sms, "drain" in kinds, "risk" in kinds)

    def __str__(self) -> str:
        """As `parse` takes it."""
        parts = [f"sms {self.sms}"] if self.sms else []
        return ", ".join([*parts, *(kind for kind in ("drain", "risk") if kind in self.kinds)]) or "free"

    @property
    def kinds(self) -> frozenset[str]:
        """What of `KINDS` has to be allowed."""
        present = {"sms": bool(self.sms), "drain": self.drain, "risk": self.risk}
        return frozenset(kind for kind, is_there in present.items() if is_there)
