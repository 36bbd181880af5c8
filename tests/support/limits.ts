/**
 * Loaded before every file of tests: how long a test may take. A test that hangs is found; one on a
 * machine with a load of 40 is not ended for it, as five seconds would.
 */
import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(180_000);
