"""Operations on the coverage: what the clients have met."""

from ccell_fake.coverage import Coverage
from ccell_fake.engine import coverage_table
from ccell_mock_server.control.api import Api
from ccell_mock_server.control.requests import AccountPath
from ccell_mock_server.services import Services


def views(services: Services) -> list[Api]:
    """The operations."""
    api = Api("coverage", "What the clients have met of everything that the gateway can answer.")

    @api.add("get", "/accounts/<userid>/coverage", {200: Coverage})
    def get_coverage(path: AccountPath) -> Coverage:
        """Get what the client of an account has met: codes, limits, open questions and kinds of faults.

        Each item has the number of answers in which the client met it, the first and the last time, and ways to bring
        it about. Dropped journal entries and messages still count, and those from before a reset of the account.
        """
        return services.admin(path.userid).coverage()

    @api.add("get", "/coverage", {200: Coverage})
    def get_coverage_of_all() -> Coverage:
        """Get what the clients of all accounts have met together.

        This includes accounts that are closed, and requests of no account.
        """
        with services.store.reading() as ledger:
            return coverage_table.describe(ledger.inspect.met())

    return [api]
