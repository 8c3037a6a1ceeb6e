"""The outcome of an accepted message: the text, delay and number of its reports."""

from functools import lru_cache
from typing import NamedTuple

from ccell_fake.clock import in_micros
from ccell_fake.codes import Code
from ccell_fake.engine import magic
from ccell_fake.engine.chance import share
from ccell_fake.engine.policy import Policy
from ccell_fake.records import Submission

DELIVERED = "DELIVRD"
DELIVERED_STATUS = "0"
FAILED_STATUS = "-1"
UNDELIVERED = "UNDELIV"


class Outcome(NamedTuple):
    """The outcome of one message.

    Attributes:
        status: The report's status, 0 for delivered (R6).
        info: The report's info, 成功 or the stat.
        delay: Microseconds from sending to the report.
        reports: Number of reports.
    """

    status: str
    info: str
    delay: int
    reports: int


def decide(phone: str, submission: Submission, policy: Policy, seed: int) -> Outcome:
    """Decide the outcome: by the magic number, else by the first rule that matches, else delivered.

    Randomness depends only on the seed, the account and the message.
    """
    settings = policy.settings
    stat = magic.REPORT_PHONES.get(phone) if settings.magic_numbers else None
    if stat is not None:
        return _outcome(stat, None, settings.report_delay, 1)
    for place, patterns in enumerate(policy.outcomes):
        rule, message = patterns.rule, (settings.userid, phone, submission.content, submission.linkid)
        if patterns.match(phone, submission) and (rule.rate >= 1 or share(seed, f"rate {place}", *message) < rule.rate):
            delay = settings.report_delay if rule.delay is None else rule.delay
            spread = rule.spread * share(seed, "spread", *message) if rule.spread else 0.0
            return _outcome(rule.stat, rule.status, delay + spread, rule.reports)
    return _outcome(DELIVERED, None, settings.report_delay, 1)


@lru_cache(maxsize=256)
def _outcome(stat: str, status: str | None, delay: float, reports: int) -> Outcome:
    if status is None:
        status = DELIVERED_STATUS if stat == DELIVERED else FAILED_STATUS
    return Outcome(status, Code.SUCCESS.text if stat == DELIVERED else stat, in_micros(delay), reports)
