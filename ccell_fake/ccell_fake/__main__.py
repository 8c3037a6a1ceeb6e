"""`python -m ccell_fake` runs the command `ccell-fake`."""

from ccell_mock_server.cli import main

main(prog_name="ccell-fake")
