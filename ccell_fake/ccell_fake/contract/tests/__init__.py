"""The contract suite's tests: one for each clause, status code and open question."""
