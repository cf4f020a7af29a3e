/**
 * Ends this process when the process that forked it is gone, however that died: the IPC channel closes with it.
 * Without an IPC channel (started by hand) it does nothing.
 */
export function exitWithParent(beforeExit?: () => void): void {
  if (process.channel === undefined) return;
  process.once('disconnect', () => {
    beforeExit?.();
    process.exit(0);
  });
}
