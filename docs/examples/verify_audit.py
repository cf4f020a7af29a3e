#!/usr/bin/env python3
"""Verifies an exported Payday audit log without using any Payday code.

    npx payday audit --log --show --json > audit.ndjson
    python3 docs/examples/verify_audit.py audit.ndjson

Prints the number and hash of the last entry. If the chain is broken, prints the first entry that does not follow from the
previous one and exits with 1. docs/audit-log.md describes the format.
"""
import hashlib
import json
import sys


def main(file_name):
    previous, number = "0" * 64, 0
    with open(file_name, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            number += 1
            content = {key: entry[key] for key in ("seq", "at", "actor", "action", "subject", "details")}
            canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            digest = hashlib.sha256(bytes.fromhex(previous) + canonical.encode("utf-8")).hexdigest()
            if (entry["seq"], entry["prevHash"], entry["hash"]) != (number, previous, digest):
                print(f"entry {entry['seq']} does not follow from entry {number - 1}")
                return 1
            previous = digest
    print(f"{number} {previous}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
