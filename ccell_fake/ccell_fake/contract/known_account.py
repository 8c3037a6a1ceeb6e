"""What is known of an account that is asked, whoever arranged it."""

from dataclasses import dataclass, field

from ccell_fake.settings import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """What is known of an account.

    Attributes:
        settings: Its settings, as far as they are known.
        known: The names of those that are.
        own: Numbers it may send to.
        dead: Those of them that nothing can be delivered to.
        answering: Those of them that answer whatever reaches them.
        new: One's own numbers whose prefixes came into service after the document was written.
        passable: Seconds that can be let pass at once.
        abilities: What the arranger can do beside: `clock`, `still`, `upstream`, `crowd`, `settings`, `failing`; and
            `prompt`, where whatever is brought about is there at once.
    """

    settings: AccountSettings
    known: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    passable: float = 0.0
    abilities: frozenset[str] = field(default_factory=frozenset[str])

    def content(self, text: str = "测试") -> str:
        """A content that the account accepts, as far as it is known: signed, closed, and of its template and words."""
        settings = self.settings
        if settings.white_words:
            text += settings.white_words[0]
        if settings.templates:
            text = settings.templates[0].replace("*", text)
        if settings.closing_phrase:
            text += settings.closing_phrase
        return self.signature + text

    def filled(self, characters: int, end: str = "") -> str:
        """Such a content of so many characters, with this at the end of its text; an emoji counts as one."""
        return self.content("字" * (characters - len(self.content(end))) + end)

    @property
    def signature(self) -> str:
        """A signature that the account accepts, in its brackets."""
        signcode = self.settings.signcode
        return f"【{'测试' if signcode == '*' else signcode[0]}】"
