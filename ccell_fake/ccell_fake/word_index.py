"""An index of words. One pass over a text finds the words that it contains, however many there are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator


class WordIndex:
    """A list of words, indexed by their beginnings.

    The time of a search grows with the length of the text. It does not depend on the number of words. A search goes on
    at each position of the text while some word begins like the text there.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Index words. Empty words are never found. The time grows with the characters of all words."""
        self._root = _Node()
        pending = [(self._root, {word for word in words if word}, 0)]
        while pending:
            node, alike, depth = pending.pop()
            for branch, longer in node.grow(alike, depth):
                pending.append((branch, longer, depth + node.width))

    def first_in(self, text: str) -> str | None:
        """Return the first word in a text, the longest one if several begin there, or None."""
        for start in self._starts(text):
            if words := [*self._words_at(start, text)]:
                return words[-1]
        return None

    def all_in(self, text: str) -> set[str]:
        """Return the words that a text contains. They may overlap."""
        return {word for start in self._starts(text) for word in self._words_at(start, text)}

    def _starts(self, text: str) -> Iterator[int]:
        """Return the positions at which the text has the first characters of a word."""
        width, branches = self._root.width, self._root.branches
        return (start for start in range(len(text) - width + 1) if text[start : start + width] in branches)

    def _words_at(self, start: int, text: str) -> Iterator[str]:
        """Return the words that begin at a position, the shortest first."""
        node, position = self._root, start
        while branch := node.branches.get(text[position : position + node.width]):
            if isinstance(branch, str):
                if text.startswith(branch, start):
                    yield branch
                return
            if branch.word:
                yield branch.word
            position += node.width
            node = branch


class _Node:
    """Words that begin alike.

    Attributes:
        word: The word that is no longer than this beginning; empty if there is none.
        width: The number of further characters that all longer words have.
        branches: Longer words by these characters: one word, or a node of several.
    """

    __slots__ = ("branches", "width", "word")

    def __init__(self) -> None:
        self.word = ""
        self.width = 0
        self.branches: dict[str, str | _Node] = {}

    def grow(self, words: set[str], depth: int) -> "Iterator[tuple[_Node, set[str]]]":
        """Take the words that begin alike for `depth` characters. Returns each new node, and the words for it."""
        self.word = next((word for word in words if len(word) == depth), "")
        longer = words - {self.word}
        self.width = min(map(len, longer), default=depth) - depth
        alike = defaultdict[str, set[str]](set)
        for word in longer:
            alike[word[depth : depth + self.width]].add(word)
        for beginning, some in alike.items():
            if len(some) == 1:
                self.branches[beginning] = some.pop()
            else:
                self.branches[beginning] = branch = _Node()
                yield branch, some
