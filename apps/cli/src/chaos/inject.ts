import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import type { ChaosConnection, ChaosInjected, ChaosInjection, ChaosPreview } from '#client';
import type { FaultInfo } from '#contracts';
import { PaydayError } from '#kernel';
import type { Terminal } from '../terminal.js';
import { plain, writeLine } from '../terminal.js';
import { describePreview } from './describe.js';

/** Drivers confirm within seconds; a fault that is not active by then is reported in its current state. */
const ACTIVE_WITHIN_MS = 30_000;

export interface InjectOrder {
  injection: ChaosInjection;
  /** Null: a new id is generated. */
  commandId: string | null;
  /** The confirmation that was typed, or given with `--confirm`. */
  confirm: string | undefined;
  wait: boolean;
  json: boolean;
}

export interface Injection {
  injected: ChaosInjected;
  /** In their current state. */
  faults: FaultInfo[];
  /** Whether each was confirmed to act; also true if the command did not wait. */
  ok: boolean;
}

/** Shows a preview, asks for confirmation where one is needed, injects, and waits until every fault acts. */
export async function inject(
  chaos: ChaosConnection,
  order: InjectOrder,
  terminal: Terminal,
): Promise<Injection> {
  const { injection, commandId, json } = order;
  const preview = await chaos.call('fault:preview', injection);
  if (!json) await writeLine(terminal.stderr, describePreview(preview));
  const confirm = order.confirm ?? (await ask(preview, terminal));

  const seen = new Map<string, FaultInfo>();
  const acted = new Set<string>();
  let changed = (): void => undefined;
  const note = (fault: FaultInfo): void => {
    seen.set(fault.id, fault);
    if (fault.state === 'active') acted.add(fault.id);
    changed();
  };
  // Subscribed before the command is sent: the first fault may be active before the answer arrives.
  const unsubscribe = chaos.on('fault:changed', ({ fault }) => note(fault));
  try {
    // The server decides: a repeated command id gets its first answer, whatever a new preview shows.
    const injected = await chaos.call('fault:inject', {
      ...injection,
      // A command repeated by its id must be identical, and every preview has another id.
      ...(commandId === null ? { commandId: randomUUID(), previewId: preview.previewId } : { commandId }),
      ...(confirm === undefined ? {} : { confirm }),
    });
    const ids = injected.faults.map(({ id }) => id);
    const now = (): FaultInfo[] => injected.faults.map((fault) => seen.get(fault.id) ?? fault);
    if (!order.wait) return { injected, faults: now(), ok: true };

    const isSettled = (): boolean => now().every(({ id, state }) => acted.has(id) || isOver(state));
    const refresh = async (): Promise<void> => {
      const { faults } = await chaos.call('fault:list', { gameId: injected.gameId });
      for (const fault of faults) if (ids.includes(fault.id)) note(fault);
    };
    await refresh();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ACTIVE_WITHIN_MS);
      const back = chaos.on('connection', (isConnected) => void (isConnected && refresh().catch(reject)));
      changed = () => {
        if (!isSettled()) return;
        clearTimeout(timer);
        back();
        resolve();
      };
      void chaos.over.then(reject);
      changed();
    });
    return { injected, faults: now(), ok: ids.every((id) => acted.has(id)) };
  } finally {
    unsubscribe();
  }
}

const isOver = (state: FaultInfo['state']): boolean => state === 'reverted' || state === 'stuck';

/** The typed confirmation; undefined where nobody can be asked, or none is needed. */
async function ask(
  { confirmation, violations }: ChaosPreview,
  terminal: Terminal,
): Promise<string | undefined> {
  const { stdin, stderr } = terminal;
  if (confirmation === null || violations.length > 0) return undefined;
  if (stderr.isTTY !== true || stdin?.isTTY !== true) return undefined;
  const lines = createInterface({ input: stdin, output: stderr });
  const given = new AbortController();
  lines.once('close', () => given.abort());
  try {
    return (
      await lines.question(`Type ${plain(confirmation.type)} to go on: `, { signal: given.signal })
    ).trim();
  } catch {
    throw new PaydayError('confirmation_required', 'no confirmation was typed: nothing was done');
  } finally {
    lines.close();
  }
}
