/**
 * ES modules in Node 20: the thread that runs its hooks transforms them. Their sites arrive by a port before their
 * texts do, and are taken from there when the first call with one of them comes.
 */
import Module from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  MessageChannel,
  receiveMessageOnPort,
  threadId,
  type MessagePort,
} from "node:worker_threads";
import type { Inserted, Site } from "../inserted.ts";
import type { Recorder } from "./recorder.ts";
import { SourceMap } from "./source-map.ts";
import { tellModule } from "./tell-module.ts";

/** What the hooks are started with. */
export interface LoaderData {
  folder: string;
  own: RegExp;
  /** The number of the next site, in shared memory. */
  numbers: Int32Array;
  port: MessagePort;
  /** The thread whose modules they load. */
  thread: number;
}

/** What they tell of a module: its sites, or why it runs as it is. */
export type LoaderMessage =
  | {
      file: string;
      first: number;
      sites: Site[];
      /** What its text says of a source map. */
      comment: string;
    }
  | { file: string; why: string };

export class LoaderThread {
  /** The recorder's functions, which learn of sites beforehand. */
  readonly guarded: Inserted;
  readonly #recorder: Recorder;
  readonly #data: Omit<LoaderData, "port" | "thread">;
  #port: MessagePort | null = null;

  readonly #onLearned: (file: string, first: number, count: number) => void;

  /** @param onLearned hears of each module that has come to be known. */
  constructor(
    {
      recorder,
      t,
      ...data
    }: Omit<LoaderData, "port" | "thread"> & { recorder: Recorder; t: Inserted },
    onLearned: (file: string, first: number, count: number) => void,
  ) {
    this.#recorder = recorder;
    this.#onLearned = onLearned;
    this.#data = data;
    this.guarded = this.#guard(t);
  }

  start(): void {
    if (this.#port !== null) return;
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    this.#port = port1;
    const data: LoaderData = { ...this.#data, port: port2, thread: threadId };
    const url = pathToFileURL(join(data.folder, "tandem-node-loader.mjs")).href;
    Module.register(url, { data, transferList: [port2] });
  }

  /** Takes in what has been told of modules. */
  #learn(): void {
    if (this.#port === null) return;
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: LoaderMessage } | undefined;
      if (received === undefined) return;
      const { message } = received;
      if ("why" in message) {
        this.#recorder.unseen(message.file, message.why);
        continue;
      }
      this.#onLearned(message.file, message.first, message.sites.length);
      const map = SourceMap.of(message.file, message.comment);
      tellModule(this.#recorder, { ...message, map });
    }
  }

  #guard(t: Inserted): Inserted {
    // Sites that have been asked about: all that a module has are known when one of them is.
    let known = new Uint8Array(4096);
    const learn = (site: number): void => {
      this.#learn();
      if (site >= known.length) {
        const more = new Uint8Array(site * 2);
        more.set(known);
        known = more;
      }
      known[site] = 1;
    };
    const heed = (site: number): void => {
      if (known[site] !== 1) learn(site);
    };
    const { m, e, k, w, d, v, p, g, h, x } = t;
    // Each is written out: made by one function, they would share what the engine learns of whom they call.
    return {
      ...t,
      m: (site) => (heed(site), m(site)),
      e: (site) => (heed(site), e(site)),
      k: (site) => (heed(site), k(site)),
      w: (site) => (heed(site), w(site)),
      d: (site, value) => (heed(site), d(site, value)),
      v: (site, value) => (heed(site), v(site, value)),
      p: (site, value) => (heed(site), p(site, value)),
      g: (site, value) => (heed(site), g(site, value)),
      h: (site, value) => (heed(site), h(site, value)),
      x: (site, value) => (heed(site), x(site, value)),
    };
  }
}
