"""The credentials of a request: a password, or a sign over a seqid in its place (P1 to P5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.policy import Policy
from ccell_fake.model import Request
from ccell_fake.signing import is_digest, md5, time_of

_LEAST_AGE = timedelta(minutes=1)
"""The smallest limit for the age of a seqid that Q41 allows."""


def needs_password(request: Request, answers: Answers) -> bool:
    """Return whether the password of a request is looked at. Q43 decides if there is a sign as well."""
    return not request.sign or (bool(request.password) and answers["Q43"] != "sign")


def needs_sign(request: Request, answers: Answers) -> bool:
    """Return whether the sign of a request is looked at. Q43 decides if there is a password as well."""
    return bool(request.sign) and (not request.password or answers["Q43"] != "password")


def is_password_right(request: Request, policy: Policy) -> bool:
    """Return whether the password of a request is right, or is not looked at."""
    return not needs_password(request, policy.answers) or request.password in policy.passwords


def is_sign_right(request: Request, policy: Policy) -> bool:
    """Return whether the sign of a request is right, or is not looked at."""
    if not needs_sign(request, policy.answers):
        return True
    return request.sign == md5((request.seqid or "") + policy.signing_key)


def are_right(request: Request, policy: Policy) -> bool:
    """Return whether a request comes from the owner of the account."""
    return is_password_right(request, policy) and is_sign_right(request, policy)


def used_seqid(request: Request, policy: Policy) -> str | None:
    """Return the seqid that a request uses up, or None. It must be used only once (P1), unless Q40 takes it again."""
    answers = policy.answers
    return request.seqid if answers["Q40"] == "refuse" and needs_sign(request, answers) else None


def greatest_age(answers: Answers) -> timedelta | None:
    """Return how far the time of a seqid may be from the account's, or None for any (Q41)."""
    return None if answers["Q41"] == "any" else timedelta(minutes=int(answers["Q41"]))


def question_of_sign(request: Request, policy: Policy) -> str:
    """Return Q43 or Q44 if another answer to it would accept a wrong sign, else Q42, which gives the code."""
    password, seqid = policy.settings.password, request.seqid or ""
    if is_digest(password) and request.sign in {md5(seqid + key) for key in (password, md5(password))}:
        return "Q44"
    return "Q43" if request.password in policy.passwords else "Q42"


def what_is_wrong_with_sign(request: Request, policy: Policy) -> str:
    """Say how a wrong sign was made, if that can be seen."""
    seqid, sign, password = request.seqid or "", request.sign or "", policy.settings.password
    if question_of_sign(request, policy) == "Q44":
        taken = "the password as it is" if policy.signing_key == password else "the password's md5"
        return f"by Q44, it must be the md5 of the seqid and {taken}"
    if sign.lower() == md5(seqid + policy.signing_key):
        return "it must be in lower case"
    if sign == md5(seqid + password):
        return "it was made from the password; make it from the password's md5"
    if sign == md5(md5(password) + seqid):
        return "its parts are in the wrong order; the seqid comes first"
    if sign == md5(seqid + md5(password).upper()):
        return "the password's md5 must be in lower case"
    return "it must be the md5 of the seqid and the password's md5"


def grounds(request: Request, policy: Policy, now: datetime) -> Iterator[str]:
    """Yield the grounds on which the credentials of a request are accepted. `now` is the account's time."""
    answers = policy.answers
    if request.sign and request.password:
        yield "Q43"
    if needs_password(request, answers) and request.password != policy.settings.password:
        yield "W9"
    if needs_sign(request, answers):
        yield "P2"
        at = time_of(request.seqid or "")
        if at is None or abs(now - at) > _LEAST_AGE:
            yield "Q41"
        if is_digest(policy.settings.password):
            yield "Q44"
