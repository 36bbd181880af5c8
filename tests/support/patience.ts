/**
 * How long a test may take, in ms: a test that hangs is found, and none is ended for the load of its
 * machine, as Bun's five seconds would. Each file says so for itself (`setDefaultTimeout`), since what a
 * preloaded one says holds for the first file alone.
 */
export const patience = 180_000;
