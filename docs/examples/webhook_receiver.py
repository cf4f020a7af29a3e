#!/usr/bin/env python3
"""Receives Payday's webhook faults: checks the signature, breaks something, and undoes it on request or when its time is up.

Needs only Python. Define your faults in ACTIONS; the rest can stay as it is.

    PAYDAY_WEBHOOK_SECRET=whsec_... python3 webhook_receiver.py [port]
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["PAYDAY_WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 64 * 1024


def say(what):
    return lambda data: print(f"{what} {data['serviceId']} of {data['teamId']}", flush=True)


# action -> (break, undo). Both may be called more than once.
ACTIONS = {"unplug": (say("unplugging"), say("plugging in"))}

lock = threading.Lock()
active = {}  # fault id -> (data, the timer that ends it)


def is_signed(headers, body):
    """Standard Webhooks: HMAC-SHA256 of "id.timestamp.body"; any one of the signatures must match; old calls are refused."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    mac = hmac.new(SECRET, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    ours = "v1," + base64.b64encode(mac).decode()
    return any(hmac.compare_digest(ours, theirs) for theirs in headers.get("webhook-signature", "").split(" "))


def fire(data):
    with lock:
        known = active.get(data["faultId"])
        if known:
            known[1].cancel()
        # The dead-man's timer ends the fault even if no revert ever arrives.
        timer = threading.Timer(data["ttlMs"] / 1000, revert, [data])
        timer.daemon = True
        timer.start()
        active[data["faultId"]] = (data, timer)
        if not known:
            ACTIONS[data["params"]["action"]][0](data)


def revert(data):
    with lock:
        known = active.pop(data["faultId"], None)
        if known:
            known[1].cancel()
            ACTIONS[known[0]["params"]["action"]][1](known[0])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BODY_BYTES:
            return self.answer(413, {"message": "too long"})
        body = self.rfile.read(length)
        if not is_signed(self.headers, body):
            return self.answer(401, {"message": "the signature is wrong, or the call is old"})
        message = json.loads(body)
        data = message["data"]
        if data["params"].get("action") not in ACTIONS:
            return self.answer(400, {"message": f"there is no such action; there are {', '.join(ACTIONS)}"})
        if message["type"] == "dev.payday.fault.fire":
            fire(data)
        if message["type"] == "dev.payday.fault.revert":
            revert(data)
        # confirm and verify are read-only. Where possible, inspect the real system rather than this program's memory.
        self.answer(200, {"state": "active" if data["faultId"] in active else "gone"})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
