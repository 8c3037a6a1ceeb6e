"""Internal. The HTTP server: connections, TLS, threads and waiting clients."""
