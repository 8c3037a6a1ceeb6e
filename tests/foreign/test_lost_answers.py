"""HTTP libraries, when the gateway has processed a send and the connection ends without an answer."""

import pytest
from foreign.programs import CONTENT, PHONES, PROGRAMS, Programs

from ccell_fake.faults import CloseFault, ResetFault
from ccell_fake.model import Operation
from ccell_fake.testing import Ccell

RESENDING = {
    ("CommonsHttpClient.java", "post", CloseFault): {4},
    ("CommonsHttpClient.java", "get", CloseFault): {4},
    ("UrlConnection.java", "post", CloseFault): {2},
    ("UrlConnection.java", "post", ResetFault): {2},
    ("UrlConnection.java", "get", CloseFault): {2},
    ("UrlConnection.java", "get", ResetFault): {2},
    # Versions of the JDK differ.
    ("NetHttp.java", "get", CloseFault): {1, 2},
    ("NetHttp.java", "get", ResetFault): {1, 2},
}
"""The libraries that send a request again by themselves, and how often they send it. All others send it once."""


@pytest.mark.parametrize("fault", [CloseFault, ResetFault])
@pytest.mark.parametrize("scenario", ["post", "get"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_each_copy_that_a_library_sends_is_processed(
    programs: Programs, ccell: Ccell, program: str, scenario: str, fault: type[CloseFault | ResetFault]
) -> None:
    ccell.faults.add(fault(processed=True, times=None))
    assert programs.run(program, ccell.url, ccell, scenario).keys() == {"lost"}
    entries = ccell.journal()
    assert len(entries) in RESENDING.get((program, scenario, fault), {1})
    assert {entry.delivery for entry in entries} == {fault().kind}
    breaches = [breach.position for breach in ccell.breaches() if breach.clause == "W16"]
    assert breaches == [entry.position for entry in entries[1:]]
    # The gateway knows a signed copy by its seqid.
    is_signed = '"sign":' in entries[0].request
    assert [entry.code for entry in entries] == ["0", *["1001004" if is_signed else "0"] * len(entries[1:])]
    copies = 1 if is_signed else len(entries)
    assert [message.phone for message in ccell.outbox] == [*PHONES] * copies


@pytest.mark.parametrize(("program", "lost"), [("CommonsHttpClient.java", 3), ("UrlConnection.java", 1)])
def test_a_library_that_sends_again_hides_that_messages_were_accepted_twice(
    programs: Programs, ccell: Ccell, program: str, lost: int
) -> None:
    ccell.faults.add(CloseFault(processed=True, times=lost))
    printed = programs.run(program, ccell.url, ccell, "post")
    assert [message.phone for message in ccell.outbox] == [*PHONES] * (lost + 1)
    assert printed == {"code": "0", "msgid": ccell.outbox[-len(PHONES)].msgid, "info": "成功"}


@pytest.mark.parametrize("program", ["CommonsHttpClient.java", "UrlConnection.java"])
def test_a_library_that_sends_a_signed_request_again_hides_that_it_was_accepted(
    programs: Programs, ccell: Ccell, program: str
) -> None:
    ccell.faults.add(CloseFault(processed=True))
    assert programs.run(program, ccell.url, ccell, "get") == {"error": 1001004, "message": "密码不正确"}
    assert [message.phone for message in ccell.outbox] == [*PHONES]
    assert [entry.code for entry in ccell.journal()] == ["0", "1001004"]


def test_a_library_that_fetches_again_loses_the_reports_and_hides_it(programs: Programs, ccell: Ccell) -> None:
    ccell.client.send([*PHONES], CONTENT)
    ccell.faults.add(CloseFault(operation=Operation.REPORT, processed=True))
    assert programs.run("CommonsHttpClient.java", ccell.url, ccell, "report") == {"result": [], "id": 1}
    assert [(entry.operation, entry.items) for entry in ccell.journal()][1:] == [
        (Operation.REPORT, 2),
        (Operation.REPORT, 0),
    ]
