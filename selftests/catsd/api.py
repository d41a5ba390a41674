# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP with JSON: a client that checks every answer against an OpenAPI file."""

import http.client
import json
import os
import re
import ssl

import jsonschema

from daemon import ROOT

TOKENS = {kind: f"{kind}-token-of-the-test" for kind in
          ("operator", "client", "forwarder", "site-s1", "site-s2", "site-s3")}


def write_tokens(path, extra=""):
    """The token file of a catsd under test."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for name, token in TOKENS.items():
            kind, _, site = name.partition("-")
            file.write(f"{kind} {site or name} {token}\n")
        file.write(extra)


class Api:
    """Requests to one server; what it answers must be what @openapi says."""

    def __init__(self, port, openapi, context=None):
        with open(os.path.join(ROOT, "Documentation", "openapi", openapi)) as file:
            self.openapi = json.load(file)
        self.port = port
        self.context = context
        self.seen = set()

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection("::1", self.port, timeout=10,
                                               context=self.context)
        return http.client.HTTPConnection("::1", self.port, timeout=10)

    def operation(self, method, path):
        for pattern, item in self.openapi["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path):
                if method.lower() in item:
                    return pattern, item[method.lower()]
        return None, None

    def check(self, method, path, status, body):
        """Is this one of the answers that are described?"""
        pattern, operation = self.operation(method, path.split("?")[0])
        if not operation or body is None and status != 204:
            return
        responses = operation["responses"]
        if str(status) not in responses:
            raise AssertionError(f"{method} {pattern}: {status} is not described")
        self.seen.add((method, pattern, status))
        response = responses[str(status)]
        if "$ref" in response:
            response = self.openapi["components"]["responses"]["Refused"]
        content = response.get("content", {}).get("application/json")
        if content:
            jsonschema.validate(body, {"components": self.openapi["components"],
                                       **content["schema"]})

    def raw(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def ask(self, method, path, body=None, who=None, headers=None, text=None):
        """Status and object; @text is sent as it is, instead of @body."""
        headers = dict(headers or {})
        if who:
            headers["Authorization"] = f"Bearer {TOKENS.get(who, who)}"
        if body is not None or text is not None:
            headers.setdefault("Content-Type", "application/json")
            text = json.dumps(body) if text is None else text
        status, got, octets = self.raw(method, path, text, headers)
        answer = None
        if got.get("Content-Type") == "application/json":
            answer = json.loads(octets)
        self.check(method, path, status, answer)
        self.headers = got
        return status, answer

    def refused(self, reason, *args, **kwargs):
        """The request is refused, for this reason; returns what is said."""
        status, answer = self.ask(*args, **kwargs)
        if status < 400 or answer["reason"] != reason:
            raise AssertionError(f"{args}: {status} {answer}, not refused: {reason}")
        return answer["error"]


def client_context(authority, certificate=None):
    context = ssl.create_default_context(cafile=authority.ca)
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(*certificate)
    return context
