/**
 * Ends this process when its parent is gone, however the parent died: the IPC channel closes with it.
 * Does nothing without an IPC channel (a process started by hand).
 */
export function exitWithParent(beforeExit?: () => void): void {
  if (process.send === undefined) return;
  const exit = (): void => {
    beforeExit?.();
    process.exit(0);
  };
  process.once('disconnect', exit);
  // The parent may have gone before our modules were loaded; then no event will come.
  if (!process.connected) exit();
}
