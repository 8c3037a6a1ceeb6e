"""The contract suite: every clause of the document and every question it leaves open, asked of a gateway."""
