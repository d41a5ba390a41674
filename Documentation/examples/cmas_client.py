#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A CMAS client: find a service, request it, use it, say that it is finished.

    cmas_client.py WORDS GAS COST

The environment has CATS_PLATFORM and CATS_CMAS (URLs) and CATS_TOKEN_FILE.  The
service is used over one TCP connection to its CS-ID, port 80; one that has no
CS-ID in the catalogue is only requested.
"""

import json
import os
import socket
import sys
import urllib.parse
import urllib.request

PLATFORM = os.environ.get("CATS_PLATFORM", "http://127.0.0.1:9850").rstrip("/")
CMAS = os.environ.get("CATS_CMAS", "http://127.0.0.1:9851").rstrip("/")


def ask(url, body=None, token=None):
    request = urllib.request.Request(url, method="GET" if body is None else "POST")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def use(service, reservation, token):
    """The tunnel is for this flow: it is said before the first packet is sent."""
    family = socket.AF_INET6 if ":" in service["csid"] else socket.AF_INET
    with socket.socket(family) as sock:
        # which address and port it will have
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((service["csid"], 80))
            sock.bind((probe.getsockname()[0], 0))
        source, port = sock.getsockname()[:2]
        ask(f"{CMAS}/reservations/{reservation}/tunnel", {"flow": {
            "source": source, "sport": port, "csid": service["csid"], "dport": 80,
            "protocol": "tcp"}}, token)
        sock.settimeout(10)
        sock.connect((service["csid"], 80))
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        print(sock.recv(65536).decode(errors="replace"))


def main(words, gas, cost):
    with open(os.environ["CATS_TOKEN_FILE"]) as file:
        token = file.readline().strip()
    search = urllib.parse.quote(words)
    found = ask(f"{PLATFORM}/services?search={search}")["services"]
    if not found:
        sys.exit(f"no service has the words \"{words}\"")
    service = found[0]
    answer = ask(f"{CMAS}/requests", {
        "service": service["id"], "gas": gas, "cost": cost,
        "delay-us": 2 * service["computing-time"]["max-us"]}, token)
    print(json.dumps(answer))
    if not answer["success"]:
        sys.exit(f"{service['id']} cannot be served: {answer['reason']}")
    try:
        if "csid" in service:
            use(service, answer["reservation"], token)
    finally:
        ask(f"{CMAS}/reservations/{answer['reservation']}/finished", {}, token)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
