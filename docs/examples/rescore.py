#!/usr/bin/env python3
"""Computes every salary of a game from what Payday exports, and from nothing else of Payday.

    npx payday export scenario --out scenario.json
    npx payday export results --out results.ndjson
    python3 docs/examples/rescore.py scenario.json results.ndjson

Prints one line per team: its id, a tab, its salary in cents. It follows docs/scoring.md, section by section; Python's
// rounds towards negative infinity, as the rules want it.
"""
import json
import sys
from collections import defaultdict


def within(spans, at):
    return any(a <= at and (b is None or at < b) for a, b in spans)


def main(scenario_file, results_file):
    with open(scenario_file, encoding="utf-8") as file:
        scenario = json.load(file)
    pay = scenario["pay"]
    weight = {service["id"]: service["weightPercent"] for service in scenario["services"]}
    starts_at, ends_at, pauses, excuses, salary = None, None, [], defaultdict(list), {}
    good = defaultdict(list)  # latencies (µs) of good answers, by what makes a ledger entry
    bad = defaultdict(int)
    with open(results_file, encoding="utf-8") as file:
        for line in map(json.loads, file):
            kind = line["kind"]
            if kind == "game":
                starts_at, ends_at = line.get("at"), line["untilAt"]
            elif kind == "pause":
                pauses.append((line["at"], line["untilAt"]))
            elif kind == "excuse":
                excuses[line["teamId"], line["serviceId"]].append((line["at"], line["untilAt"]))
            elif kind == "team":
                salary[line["teamId"]] = 0
            elif kind == "adjustment":
                salary[line["teamId"]] += line["cents"]
            elif kind == "result" and line["outcome"] != "prober_error":
                window = (line["at"] - starts_at) // pay["windowMs"]
                begins = starts_at + window * pay["windowMs"]
                if window < 0 or begins >= ends_at or within(pauses, begins):
                    continue
                team, service, role = line["teamId"], line["serviceId"], line["role"]
                own = role == "consumer" and line["counterpartyId"] == team
                if own and within(excuses[team, service], begins):
                    continue
                entry = (team, service, window, role, line["counterpartyId"])
                if line["outcome"] == "ok":
                    good[entry].append(line["latencyUs"])
                else:
                    bad[entry] += 1

    def band(latency_us):
        for rule in pay["speedBands"]:
            if latency_us <= rule["upToMs"] * 1000:
                return rule["cents"]
        return 0

    probes = defaultdict(lambda: [0, 0])  # good and all, by team, service and window
    for entry in good.keys() | bad.keys():
        team, service, window, role, counterparty = entry
        ok, failed, market = len(good[entry]), bad[entry], pay["market"]
        if role == "provider":
            salary[team] += ok * market["providerFeeCents"] * weight[service] // 100
            continue
        percent = market["ownPercent" if counterparty == team else "foreignPercent"]
        salary[team] += sum(map(band, good[entry])) * weight[service] * percent // 10_000
        salary[team] += failed * pay["failureCents"] * weight[service] // 100
        probes[team, service, window][0] += ok
        probes[team, service, window][1] += ok + failed

    down = pay["downtime"]
    for (team, service, _), (ok, sent) in probes.items():
        if sent >= down["minProbes"] and ok * 100 < down["belowAvailabilityPercent"] * sent:
            salary[team] += down["cents"] * weight[service] // 100

    for team in sorted(salary):
        print(f"{team}\t{salary[team]}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
