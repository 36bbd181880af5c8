/** The variables that bring the recorder into a process, for those that it starts with an environment of their own. */

import { lookAt } from "../../../base/paths.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables by which a process's children find the Bun that it is itself. */
export type AddBun = (environment: Environment, command: string) => Record<string, string>;

/** Variables that hold options; what brings the recorder stands first in them. */
const lists = ["NODE_OPTIONS", "BUN_OPTIONS", "PYTHONPATH"];

export class CarriedVariables {
  readonly #folder: string;
  readonly #whole: Record<string, string> = {};
  readonly #parts: Record<string, string> = {};
  readonly #addBun: AddBun | null;

  /**
   * @param folder the recorder's own.
   * @param addBun where this process is Bun only because a variable says so.
   */
  constructor(environment: Environment, folder: string, addBun: AddBun | null) {
    this.#folder = folder;
    this.#addBun = addBun;
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) continue;
      if (/^TANDEM_[A-Z]+$/.test(name)) this.#whole[name] = value;
      if (!lists.includes(name) || !value.includes(folder)) continue;
      this.#parts[name] = firstPart(name, value);
    }
  }

  /**
   * An environment with what it lacks; null where it lacks nothing.
   *
   * @param command what is started, as one text or by its words.
   */
  completed(environment: Environment, command: string): Record<string, string | undefined> | null {
    // The program may outlive tandem and its files, without which no child would start any more.
    if (lookAt(this.#folder).kind !== "folder") return this.without(environment);
    const added: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#whole))
      if (environment[name] === undefined) added[name] = value;
    for (const [name, part] of Object.entries(this.#parts)) {
      const own = environment[name];
      if (own?.includes(part)) continue;
      added[name] = own ? `${part}${name === "PYTHONPATH" ? ":" : " "}${own}` : part;
    }
    Object.assign(added, this.#addBun?.(environment, command));
    return Object.keys(added).length === 0 ? null : { ...environment, ...added };
  }

  /** An environment without what brings the recorder; for another user, who may not read its files. */
  without(environment: Environment): Record<string, string | undefined> {
    const left: Record<string, string | undefined> = { ...environment };
    for (const [name, part] of Object.entries(this.#parts)) {
      const rest = left[name]?.replace(part, "").replace(/^[: ]/, "");
      if (rest === undefined || rest === "") delete left[name];
      else left[name] = rest;
    }
    return left;
  }
}

function firstPart(name: string, value: string): string {
  if (name === "PYTHONPATH") return value.split(":")[0]!;
  return /^(?:"(?:[^"\\]|\\.)*"|[^\s"])+/.exec(value)?.[0] ?? value;
}
