"""The document's own samples, byte for byte, in both directions."""

import pytest

from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Layout, Operation
from ccell_fake.wire import payload, replies, requests
from ccell_fixtures.samples import SAMPLES, Sample

REPLIES = [sample for sample in SAMPLES.values() if sample.kind == "reply"]
ADDRESSES = [sample for sample in SAMPLES.values() if sample.is_address]
BODIES = [sample for sample in SAMPLES.values() if sample.kind == "request" and not sample.is_address]
LAYOUTS = {"send-extended-reply": Layout(linkid_first=True)}


def _name(sample: Sample) -> str:
    return sample.name


def test_every_endpoint_has_samples() -> None:
    assert len(SAMPLES) == 17
    assert {sample.operation for sample in SAMPLES.values()} == set(Operation)
    assert len(REPLIES) == 7
    assert len(ADDRESSES) == len(BODIES) == 5


@pytest.mark.parametrize("sample", REPLIES, ids=_name)
def test_a_reply_sample_is_parsed_and_rendered_to_the_same_bytes(sample: Sample) -> None:
    reply = replies.parse(Operation(sample.operation), sample.corrected)
    assert replies.render(reply, LAYOUTS.get(sample.name, Layout())) == sample.corrected


@pytest.mark.parametrize("sample", ADDRESSES, ids=_name)
def test_a_get_sample_is_parsed_and_rendered_to_the_same_bytes(sample: Sample) -> None:
    address, _, query = sample.printed.partition(b"?")
    operation = Operation(sample.operation)
    assert address.endswith(operation.path.encode())
    request = requests.parse(operation, payload.find("GET", query, b"").data)
    assert requests.render(request) == query


@pytest.mark.parametrize("sample", BODIES, ids=_name)
def test_a_post_sample_equals_its_get_sample(sample: Sample) -> None:
    operation = Operation(sample.operation)
    posted = requests.parse(operation, payload.find("POST", b"", sample.corrected).data)
    query = SAMPLES[sample.name.replace("post", "get")].printed.partition(b"?")[2]
    # The second number in the POST samples is 13600000xxx.
    assert requests.render(posted).replace(b"13600000xxx", b"13600001234") == query


def test_a_corrected_sample_has_an_erratum() -> None:
    assert all(sample.printed == sample.corrected or sample.erratum for sample in SAMPLES.values())


def test_the_printed_send_sample_is_not_well_formed() -> None:
    with pytest.raises(UnreadableRequest, match="not well-formed"):
        requests.parse(Operation.SEND, SAMPLES["send-post"].printed)
