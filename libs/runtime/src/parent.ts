/**
 * Ends this process when the process that forked it is gone, however that died: the IPC channel closes with it.
 * Without an IPC channel (started by hand) it does nothing.
 */
export function exitWithParent(beforeExit?: () => void): void {
  if (process.send === undefined) return;
  const exit = (): void => {
    beforeExit?.();
    process.exit(0);
  };
  process.once('disconnect', exit);
  // It may be gone since before our modules were loaded: then nothing tells us any more.
  if (!process.connected) exit();
}
