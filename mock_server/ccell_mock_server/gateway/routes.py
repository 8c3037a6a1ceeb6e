"""Find the endpoint of a path. A gateway may take a path in several forms for the same one (W5, Q57)."""

from collections.abc import Mapping
from http.client import METHOD_NOT_ALLOWED, NOT_FOUND
from typing import NamedTuple

from ccell_fake.wire import doors
from ccell_fake.wire.doors import Endpoint

METHODS = ("GET", "POST")
"""The methods of the endpoints. There is no HEAD: its reports would be lost."""


class Route(NamedTuple):
    """An endpoint, and the observation or question that a path needs to reach it.

    Attributes:
        path: The path of the endpoint.
        grounds: `W5`, `Q57`, or nothing for the path in the document.
    """

    path: str
    grounds: tuple[str, ...] = ()

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint."""
        return doors.PATHS[self.path]


_ROUTES = {
    **{path: Route(path) for path in doors.PATHS},
    **{"//".join(path.rsplit("/", 1)): Route(path, ("W5",)) for path in doors.PATHS},
}


def find(path: str, answers: Mapping[str, str]) -> Route | None:
    """Return the route of a decoded path, or None if it reaches no endpoint."""
    route = _ROUTES.get(path)
    return route if route is not None or answers["Q57"] != "reach" else _find_simplified(path)


def _find_simplified(path: str) -> Route | None:
    route = _ROUTES.get(doors.simplify(path))
    return route and Route(route.path, ("Q57",))


def refuse(path: str, answers: Mapping[str, str]) -> tuple[int, str]:
    """Return the HTTP status of a request that reaches no endpoint, and the question that decides it, if any."""
    if find(path, answers) is not None:
        return METHOD_NOT_ALLOWED, ""
    return NOT_FOUND, "" if _find_simplified(path) is None else "Q57"


def refuse_length(query: bytes, answers: Mapping[str, str]) -> str:
    """Return why a query is too long for the gateway's HTTP server (Q58); empty if it is not."""
    limit = answers["Q58"]
    if limit == "any" or len(query) <= int(limit):
        return ""
    return f"the query has {len(query)} bytes; the gateway's HTTP server takes {limit}; send it as the body of a POST"
