"""The contract suite: checks of clauses, published facts and open questions, run against a gateway."""
