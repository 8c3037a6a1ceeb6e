"""Internal. The gateway over HTTP: endpoints, answers and the in-process transport."""
