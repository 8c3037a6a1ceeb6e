"""What passed between an integration and a gateway, in the terms of the machine that tries the integration."""

from ccell_fake.codes import Code
from ccell_fake.engine import schedule
from ccell_fake.limits import NUMBER_SEPARATOR
from ccell_fake.model import AnyReply, Operation, Report, Request, Resp, Submit, Upmsg
from ccell_fake.stateful import GatewayRequest, Submitted, Unfaithful
from ccell_fake.stateful.findings import require


def exchange(operation: Operation, request: Request | None, reply: AnyReply, delivery: str) -> GatewayRequest:
    """A request and its answer.

    Args:
        operation: The endpoint.
        request: What was asked; None where that cannot be read.
        reply: What was answered.
        delivery: How the answer left.

    Raises:
        Unfaithful: It is not the numbers that were submitted that the gateway answered about, or it accepted some of
            what it refused.
    """
    handed_out = tuple(item for item in reply.items if isinstance(item, Report | Upmsg))
    resps = [item for item in reply.items if isinstance(item, Resp)]
    submitted: tuple[Submitted, ...] = ()
    if reply.code != Code.SUCCESS:
        accepted = any(resp.code == Code.SUCCESS for resp in resps)
        require(not accepted, f"the gateway refused a send with {reply.code}, and yet accepted numbers of it (S7)")
    elif operation is Operation.SEND:
        submitted = _submitted(request.submits if request else (), resps)
    return GatewayRequest(operation, reply.code, delivery, len(reply.items), submitted, handed_out)


def _submitted(submits: tuple[Submit, ...], resps: list[Resp]) -> tuple[Submitted, ...]:
    asked = [(phone.strip(), submit) for submit in submits for phone in (submit.phone or "").split(NUMBER_SEPARATOR)]
    submitted: list[Submitted] = []
    for resp in resps:
        place = next((place for place, (phone, _) in enumerate(asked) if phone == resp.phone.strip()), None)
        if place is None:
            message = (
                f"the gateway answered about {resp.phone}, which was not submitted, or more often than it was (S5)"
            )
            raise Unfaithful(message)
        phone, submit = asked.pop(place)
        sendtime = schedule.parse(submit.sendtime or "")
        submitted.append(Submitted(resp.msgid, phone, submit.content or "", sendtime, resp.code))
    if any(phone for phone, _ in asked):
        message = f"the gateway did not answer about {', '.join(phone for phone, _ in asked)} (S5)"
        raise Unfaithful(message)
    return tuple(submitted)
