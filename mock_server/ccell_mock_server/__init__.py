"""The shell round the fake: the HTTP application, the server that carries it, its configuration and its commands."""
