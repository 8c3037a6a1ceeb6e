"""`python -m ccell_mock_server` is the command `ccell-fake`."""

from ccell_mock_server.cli import main

main(prog_name="ccell-fake")
