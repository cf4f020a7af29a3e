import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import type { ChaosConnection, ChaosInjected, ChaosInjection, ChaosPreview } from '#client';
import type { FaultInfo } from '#contracts';
import { PaydayError } from '#kernel';
import type { Terminal } from '../terminal.js';
import { plain, writeLine } from '../terminal.js';
import { describePreview } from './describe.js';

/** Drivers confirm within seconds; a fault that is not active by then is told of as it is. */
const ACTIVE_WITHIN_MS = 30_000;

export interface InjectOrder {
  injection: ChaosInjection;
  /** Null: one of our own making. */
  commandId: string | null;
  /** What was typed, or came with `--confirm`. */
  confirm: string | undefined;
  wait: boolean;
  json: boolean;
}

export interface Injection {
  injected: ChaosInjected;
  /** As they are now. */
  faults: FaultInfo[];
  /** Whether each was confirmed to act; also true if nobody waited for it. */
  ok: boolean;
}

/** Shows what would happen, has it confirmed where that is asked for, strikes, and waits until every fault acts. */
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
  // Listened to before the command is given: the first fault may be active before the answer is here.
  const unsubscribe = chaos.on('fault:changed', ({ fault }) => note(fault));
  try {
    // The server decides: a command id that was carried out before is answered as then, whatever a new preview says.
    const injected = await chaos.call('fault:inject', {
      ...injection,
      // A command that is given again by its id has to be the same, and each preview is another.
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

/** What is typed where a confirmation is needed; undefined where nobody can be asked, or nothing has to be. */
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
    throw new PaydayError('confirmation_required', 'nothing was typed: nothing was done');
  } finally {
    lines.close();
  }
}
