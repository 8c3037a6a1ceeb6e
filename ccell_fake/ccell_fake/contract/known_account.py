"""Facts known about an account under test, whether arranged or live."""

from dataclasses import dataclass, field

from ccell_fake.model import Door
from ccell_fake.settings import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """Facts known about an account.

    Attributes:
        settings: Its settings. Unknown ones have their defaults.
        known_settings: Names of the known settings.
        own_numbers: Numbers that it may send to.
        dead_numbers: Own numbers that are switched off.
        replying_numbers: Own numbers that reply to every message.
        new_numbers: Own numbers whose prefixes came into service after the document was written.
        longest_advance: Seconds that a check may let pass at once.
        abilities: Conditions that the arranger can create: `clock`, `freeze`, `upstream`, `hold`, `settings`, `fail`.
            `immediate` means that reports and messages arrive at once.
        doors: The doors that its gateway has.
    """

    settings: AccountSettings
    known_settings: frozenset[str] = frozenset()
    own_numbers: tuple[str, ...] = ()
    dead_numbers: tuple[str, ...] = ()
    replying_numbers: tuple[str, ...] = ()
    new_numbers: tuple[str, ...] = ()
    longest_advance: float = 0.0
    abilities: frozenset[str] = field(default_factory=frozenset[str])
    doors: frozenset[Door] = frozenset({Door.XML})

    def content(self, text: str = "测试") -> str:
        """A content that the account accepts, with its signature, template, words and closing phrase."""
        settings = self.settings
        if settings.white_words:
            text += settings.white_words[0]
        if settings.templates:
            text = settings.templates[0].replace("*", text)
        if settings.closing_phrase:
            text += settings.closing_phrase
        return self.signature + text

    def filled(self, characters: int, end: str = "") -> str:
        """An accepted content of this length whose text ends with `end`. An emoji counts as one character."""
        return self.content("字" * (characters - len(self.content(end))) + end)

    @property
    def signature(self) -> str:
        """A signature that the account accepts, in brackets."""
        signcode = self.settings.signcode
        return f"【{'测试' if signcode == '*' else signcode[0]}】"
