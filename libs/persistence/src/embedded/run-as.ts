import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PaydayError, messageOf } from '#kernel';

/** The user that PostgreSQL runs as; null means the current user. */
export type RunAs = { uid: number; gid: number } | null;

/**
 * PostgreSQL refuses to run as root, so root starts it as the user `postgres`, creating that user if necessary.
 * @throws PaydayError `postgres_unavailable` if the user does not exist and cannot be created.
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
      `PostgreSQL does not run as root, and the user "postgres" could not be created (${messageOf(cause).trim()}): start Payday as another user, or set DATABASE_URL`,
      { cause },
    );
  }
  const made = lookUp();
  if (made === null)
    throw new PaydayError('postgres_unavailable', 'the user "postgres" was created but cannot be looked up');
  return made;
}

/**
 * Checks that `user` has access to every parent folder of `path`.
 * @throws PaydayError `postgres_unreachable_path`, naming the inaccessible folder.
 */
export function assertReachable(path: string, user: RunAs): void {
  if (user === null) return;
  const barrier = firstBarrier(path, user);
  if (barrier === null) return;
  throw new PaydayError(
    'postgres_unreachable_path',
    `PostgreSQL runs as the user "postgres" here (it refuses to run as root), and that user has no access to ${barrier}, ` +
      `a parent folder of ${path}: choose another folder (--data), start Payday as a normal user, or set DATABASE_URL`,
    { details: { path, barrier } },
  );
}

/** The topmost parent folder of `path` that `user` cannot access, or null. Missing folders are ignored. */
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
