/** The only place that starts a Worker; a sibling of main.ts, so that it resolves in the executable as well. */
export function openWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url));
}

/** The same for the Worker that performs a command. */
export function openCommandWorker(): Worker {
  return new Worker(new URL("./command-worker.ts", import.meta.url));
}
