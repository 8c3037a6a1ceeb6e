"""The contract suite: a check for every clause of the document and every open question, run against a gateway."""
