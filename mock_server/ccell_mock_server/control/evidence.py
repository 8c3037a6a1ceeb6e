"""Operations on the texts of clauses, observations, questions and rules."""

from ccell_fake.inspection import Page
from ccell_fixtures.evidence import Evidence, all_evidence
from ccell_mock_server.control.api import Api


def views() -> list[Api]:
    """The operations."""
    api = Api("evidence", "Texts of what answers refer to: clauses, observations, open questions and rules.")

    @api.add("get", "/evidence", {200: Page[Evidence]})
    def list_evidence() -> Page[Evidence]:
        """List all clauses, observations, open questions and rules, with their texts in English and Chinese.

        `basis` of a journal entry names clauses, observations and questions by their ids, `rule` names rules.
        """
        return Page(all_evidence())

    return [api]
