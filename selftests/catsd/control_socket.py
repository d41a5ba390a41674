# SPDX-License-Identifier: GPL-2.0-or-later
"""What catsd answers on its control socket; for tests in guests too."""

import json
import socket


def ask(path, request):
    """Lines of the answer, without the one that ends it."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        sock.sendall(json.dumps(request).encode() + b"\n")
        lines = []
        for line in sock.makefile():
            line = json.loads(line)
            if "end" in line:
                return lines
            if "error" in line:
                raise AssertionError(line["error"])
            lines.append(line)
    raise ConnectionError("no end of the answer")


def status(path, role):
    """Of a role; None if it does not run."""
    for line in ask(path, {"status": True}):
        if line["role"] == role:
            return line["status"]
    return None
