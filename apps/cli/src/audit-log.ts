import {
  type AuditChainReport,
  type AuditEntry,
  type DataSource,
  streamAudit,
  verifyAuditChain,
} from '#persistence';
import { EXIT } from './exit-codes.js';
import { withDatabase, type SourceOptions } from './source.js';
import { plain, writeLine, type Terminal } from './terminal.js';

/** Verifies the audit log, or shows it. @returns the exit code */
export async function auditLog(
  options: Pick<SourceOptions, 'data' | 'database' | 'game'> & { json: boolean },
  show: boolean,
  terminal: Terminal,
): Promise<number> {
  return withDatabase(options, async (dataSource) => {
    if (show) return showLog(dataSource, options, terminal);
    const report = await verifyAuditChain(dataSource);
    await writeLine(terminal.stdout, options.json ? JSON.stringify(report, null, 2) : describe(report));
    return report.intact ? EXIT.fine : EXIT.failed;
  });
}

async function showLog(
  dataSource: DataSource,
  { game, json }: { game?: string; json: boolean },
  terminal: Terminal,
): Promise<number> {
  for await (const entry of streamAudit(dataSource, game === undefined ? {} : { gameId: game }))
    await writeLine(terminal.stdout, json ? JSON.stringify(entry) : line(entry));
  return EXIT.fine;
}

function describe({ intact, entries, head, broken }: AuditChainReport): string {
  const number = entries.toLocaleString('en-US');
  if (!intact)
    return `BROKEN at entry ${broken!.seq}: ${broken!.detail}\n  ${number} entries before it follow from each other`;
  if (head === null) return 'intact: the audit log is empty';
  return `intact: ${number} entries, each follows from the one before\n  the last is ${head.seq}, hash ${head.hash}`;
}

function line({ seq, at, actor, action, subject, details }: AuditEntry): string {
  const things = Object.entries(subject).map(([kind, id]) => `${kind} ${id}`);
  const who = `${actor.label} (${actor.role}${actor.tokenId === null ? '' : ` ${actor.tokenId}`})`;
  const why = Object.keys(details).length === 0 ? '' : `  ${JSON.stringify(details)}`;
  return plain(`${seq}  ${new Date(at).toISOString()}  ${who}  ${action}  ${things.join(', ')}${why}`);
}
