"""Starts a warm process for a shell: `python -IS warm_relay.py PARENT MODULE words …`, with its folder and variables.

It passes signals on, and ends as the process has ended. It imports nothing but Python's own, so that it starts at once.
"""

import json
import os
import signal
import socket
import sys

LONGEST_ANSWER = 64
PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """The exit code of the process."""
    parent, module, *words = sys.argv[1:]
    order = {"module": module, "words": words, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(parent)
        socket.send_fds(connection, [json.dumps(order).encode()], [0, 1, 2])
        pid = int(connection.recv(LONGEST_ANSWER))
        for number in PASSED_ON:
            signal.signal(number, lambda number, _frame: os.kill(pid, number))
        return int(connection.recv(LONGEST_ANSWER))


if __name__ == "__main__":
    sys.exit(main())
