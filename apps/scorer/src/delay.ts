/** Resolves after so many milliseconds; a process that has nothing else to do does not wait for it. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
