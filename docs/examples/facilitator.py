#!/usr/bin/env python3
"""A facilitator that uses only the AsyncAPI document that the Payday server publishes.

    pip install 'python-socketio[client]' websocket-client jsonschema
    python3 docs/examples/facilitator.py http://127.0.0.1:3000 .payday/facilitator.token --service catalog

Previews a fault on one team, injects it, waits until it is active, lists it, stops it, and lists it again. The channel's
address, the message names and the schemas of all payloads come from /api/asyncapi.json; every message in either direction
is validated against them. Exits with 1 if anything is refused or does not match the document.
"""
import argparse
import json
import queue
import sys
import time
import urllib.request
import uuid

import socketio
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

WITHIN_S = 15
HERE = "payday:asyncapi"


class Refused(Exception):
    """The server's typed error: a code for programs and a message for people."""


class Document:
    """The published document: looks up its parts and validates payloads against it."""

    def __init__(self, origin):
        with urllib.request.urlopen(f"{origin}/api/asyncapi.json", timeout=WITHIN_S) as answer:
            self.root = json.load(answer)
        resource = Resource(contents=self.root, specification=DRAFT7)
        self.registry = Registry().with_resource(HERE, resource)

    def follow(self, node):
        """Resolves a reference, following chains of references."""
        while "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operation(self, action, name):
        """The operation whose message has this name; action: what the *server* does with the message."""
        for operation in self.root["operations"].values():
            if operation["action"] == action and self.follow(operation["messages"][0])["name"] == name:
                return operation
        raise LookupError(f"the document has no operation that can {action} {name}")

    def check(self, what, message, payload):
        schema = {"$ref": HERE + message["payload"]["$ref"]}
        try:
            Draft7Validator(schema, registry=self.registry).validate(payload)
        except ValidationError as error:
            raise ValueError(f"{what} is not as the document says: {error.json_path}: {error.message}") from error


class Facilitator:
    def __init__(self, origin, token):
        self.document = Document(origin)
        channel = self.document.follow(self.document.operation("receive", "fault:inject")["channel"])
        server = self.document.follow(channel["servers"][0])
        self.namespace = channel["address"]
        self.faults = queue.Queue()
        self.client = socketio.Client(reconnection=False)
        self.pushed = self.document.operation("send", "fault:changed")
        self.client.on("fault:changed", self.faults.put, namespace=self.namespace)
        refusals = []
        self.client.on("connect_error", refusals.append, namespace=self.namespace)
        try:
            self.client.connect(
                origin,
                socketio_path=server["pathname"],
                namespaces=[self.namespace],
                auth={"token": token},
                transports=["websocket"],
                wait_timeout=WITHIN_S,
            )
        except socketio.exceptions.ConnectionError as error:
            raise Refused(f"no connection: {refusals[0]['message'] if refusals else error}") from error

    def call(self, name, payload):
        operation = self.document.operation("receive", name)
        message = self.document.follow(operation["messages"][0])
        self.document.check(f"what {name} sends", message, payload)
        answer = self.client.call(message["name"], payload, namespace=self.namespace, timeout=WITHIN_S)
        reply = self.document.follow(operation["reply"]["messages"][0])
        self.document.check(f"the answer to {name}", reply, answer)
        if not answer["ok"]:
            raise Refused(f"{answer['error']['code']}: {answer['error']['message']}")
        return answer["result"]

    def until(self, fault_id, state):
        """Waits until a fault reaches a state."""
        deadline = time.monotonic() + WITHIN_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                pushed = self.faults.get(timeout=left)
            except queue.Empty:
                break
            self.document.check("fault:changed", self.document.follow(self.pushed["messages"][0]), pushed)
            if (pushed["fault"]["id"], pushed["fault"]["state"]) == (fault_id, state):
                return
        raise TimeoutError(f"{fault_id} was not {state} within {WITHIN_S} s")

    def state_of(self, fault_id):
        listed = self.call("fault:list", {})["faults"]
        return next((fault["state"] for fault in listed if fault["id"] == fault_id), "not listed")


def command_id():
    return str(uuid.uuid4())


def play(facilitator, service):
    injection = {
        "kind": "slow",
        "serviceId": service,
        "params": {"delayMs": 300},
        "teams": 1,
        "ttlMs": 60_000,
        "label": "A visitor from Python",
    }
    preview = facilitator.call("fault:preview", injection)
    struck = [team["teamId"] for team in preview["teams"] if team["struck"]]
    print(f"preview: would strike {', '.join(struck)} with {preview['driver']}", flush=True)

    command = {**injection, "commandId": command_id(), "previewId": preview["previewId"]}
    if preview["confirmation"] is not None:
        raise Refused(f"needs a confirmation: {preview['confirmation']['type']}")
    injected = facilitator.call("fault:inject", command)
    again = facilitator.call("fault:inject", command)
    if again["injectionId"] != injected["injectionId"] or again["seq"] != injected["seq"]:
        raise ValueError("the same command was carried out twice")
    fault_id = injected["faults"][0]["id"]
    print(f"injected: {fault_id}, once for two times the same command", flush=True)
    facilitator.until(fault_id, "active")
    print(f"listed: {facilitator.state_of(fault_id)}", flush=True)

    stopped = facilitator.call("fault:stop", {"commandId": command_id(), "faultId": fault_id})
    gone = [fault["id"] for fault in stopped["verified"]]
    print(f"stopped: {', '.join(gone) or 'nothing'} verified gone", flush=True)
    print(f"listed: {facilitator.state_of(fault_id)}", flush=True)
    return gone == [fault_id]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("origin", help="e.g. http://127.0.0.1:3000")
    parser.add_argument("token_file", help="a file with a facilitator's token")
    parser.add_argument("--service", default="catalog", help="the service to slow down")
    given = parser.parse_args()
    with open(given.token_file, encoding="utf-8") as file:
        token = file.read().strip()
    facilitator = None
    try:
        facilitator = Facilitator(given.origin.rstrip("/"), token)
        return 0 if play(facilitator, given.service) else 1
    except (Refused, ValueError, LookupError, OSError, TimeoutError, socketio.exceptions.SocketIOError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if facilitator is not None:
            facilitator.client.disconnect()


if __name__ == "__main__":
    sys.exit(main())
