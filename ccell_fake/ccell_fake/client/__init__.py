"""Client of the gateway, synchronous and asynchronous, for the emulator and the live service."""

from ccell_fake.client.asynchronous import AsyncClient
from ccell_fake.client.errors import (
    ClientError,
    ClientUnusable,
    NotSent,
    NumbersRefused,
    OutcomeUnknown,
    RequestRefused,
    UnreadableAnswer,
)
from ccell_fake.client.malformed import MalformedReport, MalformedUpmsg
from ccell_fake.client.options import AsyncClientOptions, ClientOptions
from ccell_fake.client.results import AccountStatus, Sent
from ccell_fake.client.retries import Retry
from ccell_fake.client.submits import submit
from ccell_fake.client.sync import Client
from ccell_fake.model import Malformed, Report, Resp, Submit, Upmsg

__all__ = [
    "AccountStatus",
    "AsyncClient",
    "AsyncClientOptions",
    "Client",
    "ClientError",
    "ClientOptions",
    "ClientUnusable",
    "Malformed",
    "MalformedReport",
    "MalformedUpmsg",
    "NotSent",
    "NumbersRefused",
    "OutcomeUnknown",
    "Report",
    "RequestRefused",
    "Resp",
    "Retry",
    "Sent",
    "Submit",
    "UnreadableAnswer",
    "Upmsg",
    "submit",
]
