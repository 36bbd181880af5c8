/**
 * Promises made by `new Promise` that handlers, combinators or libraries wait for: as long as they are pending they are
 * told. Nothing says when such a promise settles, so each is asked now and then.
 */
import { inspect } from "node:util";
import { now } from "./clock.ts";
import type { Made } from "./model.ts";
import { placeOf } from "./sites.ts";
import { tellCall, tellSettled, toldPromise, willTell } from "./telling.ts";
import { thread, write } from "./writer.ts";

let waiting: Made[] = [];

/** Beyond so many the oldest are followed no longer. */
const most = 10_000;
/** So many are asked at a time. */
const asked = 100;

/** One that is younger may be settled soon, in ticks. */
const youth = 10_000;

export function waitedFor(made: Made): void {
  if (made.isWaited || made.isSettled) return;
  made.isWaited = true;
  waiting.push(made);
  if (waiting.length > most) waiting = waiting.slice(most / 2);
}

/** Tells of those that are pending, and which have settled. */
export function tellWaited(all: boolean): void {
  if (waiting.length === 0) return;
  const at = now();
  const due = waiting.splice(0, all ? waiting.length : asked);
  const left: Made[] = [];
  isPending.begin();
  try {
    for (const made of due) {
      if (made.isSettled) continue;
      if (!all && at - made.at < youth) {
        left.push(made);
        willTell();
      } else if (isPending.ask(made.promise)) {
        left.push(made);
        tellPending(made);
      } else tellSettled(made, at);
    }
  } finally {
    isPending.end();
  }
  waiting.push(...left);
}

function tellPending(made: Made): void {
  if (made.id !== 0) return;
  const id = toldPromise(made);
  for (const { how, by, site, at } of made.uses ?? []) {
    const where = site === -1 ? {} : { place: placeOf(site) };
    const numbers = by === null ? {} : { numbers: { by: tellCall(by) } };
    write(["event", Math.round(at), "used", thread, id, 0, { text: how, ...where, ...numbers }]);
  }
}

/** Asks a runtime whether promises are pending. */
interface Asking {
  begin(): void;
  ask(promise: object): boolean;
  end(): void;
}

const { defineProperty, getOwnPropertyDescriptor } = Object;
const { prototype } = Promise;
const NativePromise = Promise;

/** What Node prints of a promise, for which its class must be there as a property. */
function askingNode(): Asking {
  let before: PropertyDescriptor | undefined;
  return {
    begin() {
      before = getOwnPropertyDescriptor(prototype, "constructor");
      const property = { configurable: true, enumerable: false, writable: true };
      defineProperty(prototype, "constructor", { ...property, value: NativePromise });
    },
    ask: (promise) =>
      /^Promise \{\s*<pending>/.test(inspect(promise, { depth: 0, customInspect: false })),
    end() {
      if (before !== undefined) defineProperty(prototype, "constructor", before);
    },
  };
}

const nothing = (): void => {};

const isPending: Asking =
  typeof Bun === "undefined"
    ? askingNode()
    : {
        begin: nothing,
        ask: (promise) => Bun.peek.status(promise as Promise<unknown>) === "pending",
        end: nothing,
      };
