/** What may keep the process alive: timers, servers, sockets, Workers, child processes. */
import * as calls from "./calls.ts";
import { sites } from "./sites.ts";
import { timerMade } from "./timers.ts";

export function h<Value>(site: number, value: Value): Value {
  if (sites[site]!.handle === "setTimeout") timerMade(site, value);
  return calls.v(site, value);
}
