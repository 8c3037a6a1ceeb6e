"""Count the steps of a regular expression with a matcher that backtracks as `re` does, and make inputs against it."""

import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from typing import Any

_parse: Any = vars(sys.modules["re"])["_parser"].parse
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": lambda character: character.isalnum() or character == "_",
}
_PUMPS = (" ", "0", "a", "<", ">", '"', "=", "-")


class _TooManySteps(Exception):
    """The limit of the steps is reached."""


class Counter:
    """Matches a pattern and counts the steps.

    Attributes:
        steps: Number of steps of the last run.
        is_match: Whether its last attempt matched.
    """

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        source: Any = pattern.pattern
        self._is_ascii = isinstance(source, bytes) or bool(pattern.flags & re.ASCII)
        self._flags = pattern.flags
        self._tree = list(_parse(source, pattern.flags & ~re.DEBUG))
        self._groups: dict[int, str] = {}
        self._text = ""
        self._most = 0
        self.steps = 0
        self.is_match = False

    def run(self, text: str, method: str, most: int = 20_000) -> int:
        """Return the number of steps of a method of the pattern, and stop above `most`."""
        self._text, self.steps, start = text, 0, 0
        self._most = most
        ends: list[int] = []

        def is_end(position: int) -> bool:
            ends.append(position)
            return method != "fullmatch" or position == len(text)

        with _deep(), suppress(_TooManySteps):
            while start <= len(text):
                self.is_match = self._sequence(self._tree, 0, start, is_end)
                if method in {"match", "fullmatch"} or (self.is_match and method == "search"):
                    break
                start = max(ends[-1], start + 1) if self.is_match else start + 1
        return self.steps

    def _sequence(self, nodes: Any, index: int, at: int, then: Callable[[int], bool]) -> bool:
        if index == len(nodes):
            return then(at)
        return self._node(nodes[index], at, lambda end: self._sequence(nodes, index + 1, end, then))

    def _node(self, node: Any, at: int, then: Callable[[int], bool]) -> bool:  # noqa: PLR0911 - one for each kind
        self.steps += 1
        if self.steps > self._most:
            raise _TooManySteps
        operation, value = str(node[0]), node[1]
        match operation:
            case "BRANCH":
                return any(self._sequence(one, 0, at, then) for one in value[1])
            case "SUBPATTERN":
                return self._group(value, at, then)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value, at, 0, then, is_greedy=operation == "MAX_REPEAT")
            case "POSSESSIVE_REPEAT" | "ATOMIC_GROUP":
                return self._atomic(value, at, then, is_repeat=operation == "POSSESSIVE_REPEAT")
            case "ASSERT" | "ASSERT_NOT":
                start = at - (value[1].getwidth()[0] if value[0] < 0 else 0)
                is_there = start >= 0 and self._sequence(value[1], 0, start, lambda _: True)
                return is_there is (operation == "ASSERT") and then(at)
            case "AT":
                return self._is_at(str(value), at) and then(at)
            case "GROUPREF":
                text = self._groups.get(value, "")
                return self._text.startswith(text, at) and then(at + len(text))
            case "FAILURE":
                return False
            case _:
                return at < len(self._text) and self._accepts(operation, value, self._text[at]) and then(at + 1)

    def _group(self, value: Any, at: int, then: Callable[[int], bool]) -> bool:
        def end(position: int) -> bool:
            self._groups[value[0]] = self._text[at:position]
            return then(position)

        return self._sequence(value[3], 0, at, end)

    def _repeat(self, value: Any, at: int, times: int, then: Callable[[int], bool], *, is_greedy: bool) -> bool:
        least, most, body = value

        def more() -> bool:
            return times < int(most) and self._sequence(
                body,
                0,
                at,
                lambda end: (
                    (end > at or times < least) and self._repeat(value, end, times + 1, then, is_greedy=is_greedy)
                ),
            )

        self.steps += 1
        if times < least:
            return more()
        return more() or then(at) if is_greedy else then(at) or more()

    def _atomic(self, value: Any, at: int, then: Callable[[int], bool], *, is_repeat: bool) -> bool:
        least, most, body = value if is_repeat else (1, 1, value)
        times, ends = 0, [at]

        def keep(end: int) -> bool:
            ends.append(end)
            return True

        while times < int(most) and self._sequence(body, 0, ends[-1], keep) and (ends[-1] > ends[-2] or times < least):
            times += 1
        return times >= least and then(ends[-1])

    def _is_at(self, place: str, at: int) -> bool:
        text = self._text
        if "BOUNDARY" in place:
            is_word = _CATEGORIES["WORD"]
            is_boundary = (at > 0 and is_word(text[at - 1])) != (at < len(text) and is_word(text[at]))
            return is_boundary is ("NON" not in place)
        is_line = bool(self._flags & re.MULTILINE) and not place.endswith("STRING")
        if "BEGINNING" in place:
            return at == 0 or (is_line and text[at - 1] == "\n")
        return at == len(text) or (not place.endswith("STRING") and text[at:] == "\n") or (is_line and text[at] == "\n")

    def _accepts(self, operation: str, value: Any, character: str) -> bool:
        match operation:
            case "LITERAL":
                return character == chr(value) or self._same(chr(value), character)
            case "NOT_LITERAL":
                return character != chr(value)
            case "ANY":
                return bool(self._flags & re.DOTALL) or character != "\n"
            case "RANGE":
                low, high = chr(value[0]), chr(value[1])
                return low <= character <= high or any(
                    self._flags & re.IGNORECASE and low <= one <= high for one in (character.lower(), character.upper())
                )
            case "CATEGORY":
                kind = str(value).removeprefix("CATEGORY_")
                accepts = _CATEGORIES[kind.removeprefix("NOT_")]
                return (accepts(character) and (character.isascii() or not self._is_ascii)) is ("NOT_" not in kind)
            case "IN":
                is_negated = str(value[0][0]) == "NEGATE"
                return any(self._accepts(str(one[0]), one[1], character) for one in value[is_negated:]) != is_negated
            case _:
                raise NotImplementedError(operation)

    def _same(self, one: str, other: str) -> bool:
        return bool(self._flags & re.IGNORECASE) and one.lower() == other.lower()

    def attacks(self, size: int) -> Iterator[str]:
        """Make texts of about a size that repeat what the pattern repeats, after what must come before."""
        starts = sorted({"", *self._starts(self._tree, "")})
        for start in starts:
            for pump in sorted({*_PUMPS, *(start + one for one in ("", *_PUMPS))} - {""}):
                yield start + pump * (size // len(pump)) + "\0"

    def _starts(self, nodes: Any, before: str) -> Iterator[str]:
        """Yield texts that lead to each repeat."""
        for node in nodes:
            operation, value = str(node[0]), node[1]
            for part in _parts(operation, value):
                yield from self._starts(part, before)
            if "REPEAT" in operation:
                yield before
                yield from (before + one for one in self._samples(value[2]))
            before += next(iter(self._samples([node])), "")
        yield before

    def _samples(self, nodes: Any) -> list[str]:
        """Return short texts that a sequence matches, if its assertions allow it."""
        kinds: list[list[str]] = []
        for node in nodes:
            operation, value = str(node[0]), node[1]
            match operation:
                case "AT" | "ASSERT" | "ASSERT_NOT" | "GROUPREF" | "FAILURE":
                    continue
                case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                    kinds.append([one * min(int(value[0]), 8) for one in self._samples(value[2])])
                case "SUBPATTERN" | "ATOMIC_GROUP" | "BRANCH":
                    kinds.append([one for part in _parts(operation, value) for one in self._samples(part)])
                case _:
                    characters = [chr(value)] if operation == "LITERAL" else [chr(code) for code in range(9, 127)]
                    found = next((one for one in characters if self._accepts(operation, value, one)), "一")
                    kinds.append([found])
        return ["".join(one) for one in product(*kinds)][:8]


def _parts(operation: str, value: Any) -> list[Any]:
    match operation:
        case "BRANCH":
            return list(value[1])
        case "SUBPATTERN":
            return [value[3]]
        case "ATOMIC_GROUP":
            return [value]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [value[2]]
        case _:
            return []


@contextmanager
def _deep() -> Generator[None]:
    """Allow the recursion of the matcher."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
