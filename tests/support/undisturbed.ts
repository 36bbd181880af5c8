/** What takes its time, and takes another where the machine has no room for it. */
import { availableParallelism, loadavg } from "node:os";

/** How often it is tried at most. */
const mostTries = 4;

/** Makes an attempt, and others where that fails while the machine has no room for it. @throws what the last throws. */
export async function undisturbed(attempt: () => void | Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const [load = 0] = loadavg();
      if (tries === mostTries || load < 2 * availableParallelism()) throw error;
    }
  }
}
