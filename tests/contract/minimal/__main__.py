"""Serve the minimal gateway until SIGTERM."""

import argparse
import signal
import sys
import threading

from .served import MinimalGateway


def main() -> None:
    """Print the address and serve."""
    parser = argparse.ArgumentParser(description="A minimal CCell gateway on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any that is free")
    port: int = parser.parse_args().port
    stopped = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    with MinimalGateway(port=port) as gateway:
        sys.stdout.write(f"{gateway.url}\n")
        sys.stdout.flush()
        stopped.wait()


main()
