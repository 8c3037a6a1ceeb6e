"""Internal. The contract suite's own pytest plugin: options, targets, consent, results and reports."""
