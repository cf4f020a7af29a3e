import type { PublicFault } from '#contracts';
import { countdown, timeOfDay } from '../model/format.js';
import { connection, fresh, serverNow, teamCount, teamName, view, words } from '../state.js';

/** The strip below the header: trouble with our own data first, else the chaos, else nothing. */
export function Strip() {
  if (fresh.value === 'stale') return <StaleNotice />;
  const { faults, game } = view.value!;
  if (faults.length > 0 && game.state === 'running') return <ChaosBanner faults={faults} />;
  return null;
}

function StaleNotice() {
  const w = words.value;
  const { state, attempt } = connection.value;
  const connected = state === 'connected';
  return (
    <section class="strip notice" role="status">
      <strong class="tag">{connected ? w.silent : w.connectionLost}</strong>
      <span class="what">{connected ? w.askingAgain : w.reconnecting(Math.max(1, attempt))}</span>
      <span class="left">{w.lastSeen(timeOfDay(view.value!.serverAt))}</span>
    </section>
  );
}

function ChaosBanner({ faults }: { faults: PublicFault[] }) {
  const w = words.value;
  const newest = faults.reduce((latest, each) => (each.startedAt > latest.startedAt ? each : latest));
  const leftMs = newest.expiresAt - serverNow.value;
  return (
    <section class="strip chaos">
      <strong class="tag">{w.chaos}</strong>
      <span class="what">
        <bdi>{newest.label}</bdi>
        {': '}
        <b>{affected(newest)}</b>
      </span>
      {faults.length > 1 && <span class="more">{w.moreFaults(faults.length - 1)}</span>}
      <span class="left">{leftMs > 0 ? countdown(leftMs) : w.ending}</span>
    </section>
  );
}

function affected({ teamIds }: PublicFault): string {
  const w = words.value;
  if (teamIds.length === 1) return w.oneAffected(teamName(teamIds[0]!));
  return teamIds.length === teamCount.value ? w.allAffected : w.affected(teamIds.length);
}
