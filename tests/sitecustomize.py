"""Give the emulators of each process of the tests databases, where `--store postgresql` chose so.

Python imports this module at its start, since the variable PYTHONPATH has its folder.
"""

import os

if os.environ.get("TESTS_STORE"):
    from harness import databases

    databases.give_to_emulators()
