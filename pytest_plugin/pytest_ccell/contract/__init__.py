"""The contract suite as pytest runs it: targets from options, consent, results and reports."""
