#!/usr/bin/python3
"""An API server of Kubernetes that knows Katib's Trials and nothing else, over TLS.

Usage: fake_api_server.py CERTIFICATE KEY FOLDER

Prints its port. FOLDER is how a test talks to it:
  tokens               the tokens that are valid, one a line; read for each request
  trials/NAME.json     the Trials; patches are written there
  plan                 what is to go wrong: a word for each request, from the first on (see serve)
  requests             what came, a line for each request: method, path, content type
"""

import http.server
import json
import os
import pathlib
import ssl
import sys
import threading

FOLDER = pathlib.Path(sys.argv[3])
PREFIX = "/apis/kubeflow.org/v1beta1/namespaces/team/trials/"
STATUS = "/status"
LOCK = threading.Lock()


def file_of(name):
    return FOLDER / "trials" / (name + ".json")


def write(name, trial):
    version = int(trial["metadata"]["resourceVersion"]) + 1
    trial["metadata"]["resourceVersion"] = str(version)
    new = FOLDER / "new"
    new.write_text(json.dumps(trial))
    os.replace(new, file_of(name))


def merge(old, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    steps = []

    def log_message(self, *_):
        pass

    def answer(self, code, body):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def fail(self, code, message):
        self.answer(code, {"kind": "Status", "status": "Failure", "code": code,
                           "message": message})

    def drop(self):
        self.close_connection = True
        self.connection.shutdown(2)

    def do_GET(self):
        self.serve(None)

    def do_PATCH(self):
        self.serve(self.rfile.read(int(self.headers["Content-Length"])))

    def serve(self, body):
        with LOCK:
            with open(FOLDER / "requests", "a", encoding="utf-8") as log:
                log.write(f"{self.command} {self.path} {self.headers.get('Content-Type', '-')}\n")
            step = self.steps.pop(0) if self.steps else "serve"
        if step == "drop":  # without an answer
            self.drop()
        elif step == "hang":  # until the client goes
            self.connection.recv(1)
        elif step.isdigit():
            self.fail(int(step), "so it was planned")
        elif step == "noise":
            self.answer(200, ["not", "an", "object"])
        elif step == "rotate":  # the token was exchanged while the request was under way
            (FOLDER / "tokens").write_text("rotated\n")
            (FOLDER / "account" / "token").write_text("rotated\n")
            self.fail(401, "Unauthorized")
        elif self.check():
            with LOCK:
                self.serve_trial(body, step)

    def check(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in (FOLDER / "tokens").read_text().split():
            return True
        self.fail(401, "Unauthorized")
        return False

    def serve_trial(self, body, step):
        if not self.path.startswith(PREFIX):
            return self.fail(404, "the server could not find the requested resource")
        name = self.path.removeprefix(PREFIX).removesuffix(STATUS)
        if not file_of(name).exists():
            return self.fail(404, f'trials.kubeflow.org "{name}" not found')
        trial = json.loads(file_of(name).read_text())
        if body is None:
            if step == "touch":  # somebody else changes it right after it was read
                changed = json.loads(json.dumps(trial))
                changed["status"]["conditions"].append({"type": "Touched", "status": "True"})
                write(name, changed)
            return self.answer(200, trial)
        if not self.path.endswith(STATUS):
            return self.fail(405, "only the status is to be patched")
        if self.headers["Content-Type"] != "application/merge-patch+json":
            return self.fail(415, "unsupported media type")
        patch = json.loads(body)
        version = patch.get("metadata", {}).pop("resourceVersion", None)
        if version != trial["metadata"]["resourceVersion"]:
            return self.fail(409, "the object has been modified")
        write(name, merge(trial, patch))
        if step == "lose":  # the answer, not the change
            return self.drop()
        return self.answer(200, json.loads(file_of(name).read_text()))


def main():
    plan = FOLDER / "plan"
    if plan.exists():
        Handler.steps = plan.read_text().split()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
