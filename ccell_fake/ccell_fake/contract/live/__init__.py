"""A live gateway as the target of the contract suite: settings, budget and guard."""
