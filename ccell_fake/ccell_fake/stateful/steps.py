"""The choice of a machine's next step, made so that Hypothesis can remove any step from a failing example."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.stateful import RuleBasedStateMachine, RuleStrategy
from hypothesis.strategies import SearchStrategy


class StepStrategy(RuleStrategy):
    """Chooses a step with one number, and its arguments.

    Hypothesis chooses among all steps, and draws again after an impossible one or one that the example leaves out. The
    draws of a step then depend on the steps before it. If one of these is removed, the rest of the example becomes
    another one, so shrinking stops early. Here each step takes one number, and the lowest number of a step chooses it
    whatever the example leaves out.
    """

    def __init__(self, machine: RuleBasedStateMachine) -> None:
        """Choose steps of a machine."""
        super().__init__(machine)
        count = len(self.rules)
        self._number: SearchStrategy[int] = st.integers(0, count - 1)
        # A bit for each step. Examples leave out about a quarter of the steps, because fewer kinds find other errors.
        bits = st.integers(0, 2**count - 1)
        # They are drawn before the first step, so that the first step can be removed like any other.
        self._left_out: int = current_build_context().data.draw(st.tuples(bits, bits).map(lambda two: two[0] & two[1]))

    def do_draw(self, data: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - Hypothesis's own
        """Draw a step and its arguments."""
        number: int = data.draw(self._number)
        possible = [place for place, rule in enumerate(self.rules) if self.is_valid(rule)]
        chosen = [place for place in possible if place <= number and not self._left_out >> place & 1]
        rule = self.rules[chosen[-1] if chosen else possible[0]]
        return rule, {name: data.draw(strategy) for name, strategy in rule.arguments_strategies.items()}
