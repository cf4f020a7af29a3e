#!/usr/bin/env python3
"""Computes the ledger and the standings of a sealed game from Payday's exports, without using any Payday code.

    npx payday export scenario --out scenario.json
    npx payday export results --out results.ndjson
    python3 docs/examples/rescore.py scenario.json results.ndjson [salaries|ledger|standings]

- salaries (the default): one line per team: its id, a tab, its salary in cents.
- ledger: one JSON object per entry, with the fields of `payday export ledger` that pay depends on, in the same order.
- standings: one JSON object per team, with the fields of `payday export standings` except the name, in the same order.

It follows docs/scoring.md, section by section. Python's // rounds towards negative infinity, as the rules require.
"""
import json
import sys
from collections import defaultdict


class Game:
    """The facts, and the results that count, grouped by (team, window, service, role, counterparty)."""

    def __init__(self, results_file, window_ms):
        self.window_ms = window_ms
        self.pauses, self.adjustments, self.ranked = [], [], {}
        self.excuses = defaultdict(list)
        self.good = defaultdict(list)  # latencies of good answers, µs
        self.failed = defaultdict(int)
        self.unscored = defaultdict(int)
        with open(results_file, encoding="utf-8") as file:
            for line in map(json.loads, file):  # facts precede results
                getattr(self, "take_" + line["kind"])(line)

    def take_game(self, line):
        self.starts_at, self.ends_at = line.get("at"), line["untilAt"]

    def take_pause(self, line):
        self.pauses.append((line["at"], line["untilAt"]))

    def take_team(self, line):
        self.ranked[line["teamId"]] = line["ranked"]

    def take_adjustment(self, line):
        self.adjustments.append(line)

    def take_excuse(self, line):
        self.excuses[line["teamId"], line["serviceId"]].append((line["at"], line["untilAt"]))

    def take_result(self, line):
        window = self.window_of(line["at"])
        begins = self.starts_at + window * self.window_ms
        team, service, role, other = (line[name] for name in ("teamId", "serviceId", "role", "counterpartyId"))
        if window < 0 or begins >= self.ends_at or within(self.pauses, begins):
            return
        if role == "consumer" and other == team and within(self.excuses[team, service], begins):
            return
        entry = (team, window, service, role, other)
        if line["outcome"] == "ok":
            self.good[entry].append(line["latencyUs"])
        elif line["outcome"] == "prober_error":
            self.unscored[entry] += 1
        else:
            self.failed[entry] += 1

    def window_of(self, at):
        return (at - self.starts_at) // self.window_ms


def within(spans, at):
    return any(a <= at and (b is None or at < b) for a, b in spans)


def ledger_of(game, scenario):
    """All entries as tuples: team, window, service, reason, counterparty, count, cents."""
    pay = scenario["pay"]
    market, down = pay["market"], pay["downtime"]
    weight = {service["id"]: service["weightPercent"] for service in scenario["services"]}

    def band(latency_us):
        return next((b["cents"] for b in pay["speedBands"] if latency_us <= b["upToMs"] * 1000), 0)

    rows = []
    asked = defaultdict(lambda: [0, 0])  # good answers and all requests, by team, window and service
    for entry in game.good.keys() | game.failed.keys() | game.unscored.keys():
        team, window, service, role, other = entry
        ok, failed = len(game.good[entry]), game.failed[entry]
        if role == "provider":
            if ok > 0:
                fee = ok * market["providerFeeCents"] * weight[service] // 100
                rows.append((team, window, service, "usage_fee", other, ok, fee))
            continue
        if ok > 0:
            percent = market["ownPercent" if other == team else "foreignPercent"]
            cents = sum(map(band, game.good[entry])) * weight[service] * percent // 10_000
            rows.append((team, window, service, "served", other, ok, cents))
        if failed > 0:
            cents = failed * pay["failureCents"] * weight[service] // 100
            rows.append((team, window, service, "failed", other, failed, cents))
        if game.unscored[entry] > 0:
            rows.append((team, window, service, "unscored", other, game.unscored[entry], 0))
        asked[team, window, service][0] += ok
        asked[team, window, service][1] += ok + failed
    for (team, window, service), (ok, sent) in asked.items():
        if sent >= max(1, down["minProbes"]) and ok * 100 < down["belowAvailabilityPercent"] * sent:
            rows.append((team, window, service, "downtime", team, 1, down["cents"] * weight[service] // 100))
    for line in game.adjustments:
        if line.get("untilAt") is None:
            continue  # the game never started
        last = -((game.starts_at - line["untilAt"]) // game.window_ms) - 1
        window = max(0, min(game.window_of(line["at"]), last))
        rows.append((line["teamId"], window, "", "adjustment", line["adjustmentId"], 1, line["cents"]))
    return sorted(rows)


def standings_of(game, rows):
    """Ranked teams by salary (equal salaries share a rank, and the next rank is skipped), then the others."""
    salary = dict.fromkeys(game.ranked, 0)
    requests, unscored = dict.fromkeys(game.ranked, 0), dict.fromkeys(game.ranked, 0)
    for team, _, _, reason, _, count, cents in rows:
        salary[team] += cents
        requests[team] += count if reason in ("served", "failed", "unscored") else 0
        unscored[team] += count if reason == "unscored" else 0
    better = [cents for team, cents in salary.items() if game.ranked[team]]
    lines = []
    for team in sorted(salary, key=lambda team: (not game.ranked[team], -salary[team], team)):
        lines.append(
            {
                "rank": 1 + sum(cents > salary[team] for cents in better) if game.ranked[team] else None,
                "teamId": team,
                "salaryCents": salary[team],
                "ranked": game.ranked[team],
                "requests": requests[team],
                "unscored": unscored[team],
            }
        )
    return lines


def main(scenario_file, results_file, what="salaries"):
    with open(scenario_file, encoding="utf-8") as file:
        scenario = json.load(file)
    game = Game(results_file, scenario["pay"]["windowMs"])
    rows = ledger_of(game, scenario)
    if what == "ledger":
        names = ("teamId", "windowIndex", "serviceId", "reason", "counterpartyId", "count", "cents")
        for row in rows:
            print(json.dumps(dict(zip(names, row))))
        return
    standings = standings_of(game, rows)
    if what == "standings":
        for line in standings:
            print(json.dumps(line))
        return
    for line in sorted(standings, key=lambda line: line["teamId"]):
        print(f"{line['teamId']}\t{line['salaryCents']}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["salaries"], ["ledger"], ["standings"]):
        sys.exit(__doc__)
    main(*sys.argv[1:])
