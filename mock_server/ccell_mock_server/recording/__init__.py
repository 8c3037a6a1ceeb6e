"""Recording what a client and a gateway say to each other, by standing between the two."""
