import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PaydayError, messageOf } from '#kernel';

/** The user that PostgreSQL runs as; null means ours. */
export type RunAs = { uid: number; gid: number } | null;

/**
 * PostgreSQL refuses to run as root, so root lends it to the user `postgres`, who is made if missing.
 * @throws PaydayError `postgres_unavailable` if there is no such user and none can be made.
 */
export function chooseUser(): RunAs {
  if (process.getuid?.() !== 0) return null;
  const known = lookUp();
  if (known !== null) return known;
  try {
    execFileSync('groupadd', ['--system', '--force', 'postgres'], { stdio: 'pipe' });
    execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'], {
      stdio: 'pipe',
    });
  } catch (cause) {
    throw new PaydayError(
      'postgres_unavailable',
      `PostgreSQL does not run as root, and the user "postgres" could not be made (${messageOf(cause).trim()}): start Payday as another user, or set DATABASE_URL`,
      { cause },
    );
  }
  const made = lookUp();
  if (made === null)
    throw new PaydayError('postgres_unavailable', 'the user "postgres" was made but can not be looked up');
  return made;
}

/**
 * Checks that `user` may enter every folder above `path`.
 * @throws PaydayError `postgres_unreachable_path` naming the folder that is in the way.
 */
export function assertReachable(path: string, user: RunAs): void {
  if (user === null) return;
  const barrier = firstBarrier(path, user);
  if (barrier === null) return;
  throw new PaydayError(
    'postgres_unreachable_path',
    `PostgreSQL runs as the user "postgres" here (it refuses to run as root), and that user may not enter ${barrier}, ` +
      `which lies above ${path}: choose a folder elsewhere (--data), start Payday as a normal user, or set DATABASE_URL`,
    { details: { path, barrier } },
  );
}

/** The uppermost folder above `path` that `user` may not enter, or null. Folders that do not exist yet don't count. */
export function firstBarrier(path: string, user: { uid: number; gid: number }): string | null {
  const above: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    above.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of above) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return folder;
  }
  return null;
}

function lookUp(): { uid: number; gid: number } | null {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}
