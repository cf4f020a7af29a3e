import { EventBuilder, buildScenario } from '#testing';
import { GameWatcher, type GameListener } from './game-watcher.js';

const SHA = 'ab'.repeat(32);

test('a proof listener gets a team’s proof before its endpoints, and each change', () => {
  const received: unknown[][] = [];
  const recordCall =
    (name: string) =>
    (...args: unknown[]): void =>
      void received.push([name, ...args]);
  const listener: GameListener = {
    created: () => received.push(['game']),
    teamAdded: recordCall('team'),
    endpointChanged: recordCall('endpoint'),
    scheduleChanged: recordCall('schedule'),
  };
  const proofs = { created: () => void received.push(['policy']), proofChanged: recordCall('proof') };
  const watcher = new GameWatcher('g', listener, proofs);
  const events = new EventBuilder('g');
  const team = { id: 'a', name: 'A', color: '#fff', ranked: true };
  const endpoint = { teamId: 'a', serviceId: 'router', url: 'http://h' };
  const changed = { teamId: 'a', proofSha256: SHA, formerUntilAt: 7 };
  watcher.handle(events.created(buildScenario()));
  watcher.handle(events.make('dev.payday.team.added', { team, proofSha256: SHA }));
  watcher.handle(events.make('dev.payday.endpoint.changed', endpoint));
  const again = events.make('dev.payday.team.proof-changed', changed);
  watcher.handle(again);
  watcher.handle(again);
  watcher.handle(events.make('dev.payday.team.proof-changed', { ...changed, teamId: 'nobody' }));
  // From a game that is older than proofs.
  watcher.handle(events.team('b'));
  expect(received).toEqual([
    ['policy'],
    ['game'],
    ['proof', 'a', SHA],
    ['team', 'a'],
    ['endpoint', 'a', 'router', 'http://h'],
    ['proof', 'a', SHA, 7],
    ['team', 'b'],
  ]);
});
