/** Processes that Bun's shell starts, which it does by itself: in the program's environment, or in one that it is given. */
import type { CarriedVariables, Environment } from "./carried.ts";
import { replace } from "./natives.ts";

type Run = (...given: never[]) => { env(environment: Environment): unknown };

/** A source may name it by `Bun.$`, an import of it, or `const { $ } = Bun`. */
const namesShell = /\bBun\s*\.\s*\$|["']bun["']|\$[^;]*\}\s*=\s*Bun\b/;

/** Follows the shell once a module may use it: to look at it at all makes Bun load it. */
export class BunShell {
  readonly #carried: CarriedVariables;
  /** Whether this process is Bun only because a variable says so. */
  readonly #isInTandem: boolean;
  #isFollowed = false;
  /** By command, or shell: what it runs, as far as that is known. */
  readonly #texts = new WeakMap<object, string>();
  /** Shells that have an environment of their own. */
  readonly #settled = new WeakSet();

  constructor(carried: CarriedVariables, isInTandem: boolean) {
    this.#carried = carried;
    this.#isInTandem = isInTandem;
  }

  /** Follows it if a module's source names it. */
  noteModule(source: string): void {
    if (this.#isFollowed || !namesShell.test(source)) return;
    this.#isFollowed = true;
    const { Shell, ShellPromise } = Bun.$ as unknown as Record<string, { prototype: object }>;
    for (const { prototype } of [Shell!, ShellPromise!]) this.#completeEnvironments(prototype);
    if (this.#isInTandem) this.#findBun();
  }

  /** Completes what is given to the commands of a shell, or to one of them. */
  #completeEnvironments(prototype: object): void {
    const complete = (self: object, given: unknown): unknown => {
      if (typeof given !== "object" || given === null) return given;
      this.#settled.add(self);
      const text = this.#texts.get(self) ?? "";
      return this.#carried.completed(given as Environment, text) ?? given;
    };
    replace(prototype, "env", (original) => {
      const own = {
        env(this: object, given: unknown): unknown {
          return Reflect.apply(original, this, [complete(this, given)] as never[]);
        },
      };
      return own.env as (...given: never[]) => unknown;
    });
  }

  /** Has `bun`, and this process's own file, be Bun in commands of the program's environment, too. */
  #findBun(): void {
    const bun = Bun as unknown as { $: Run };
    const shell = bun.$;
    bun.$ = new Proxy(shell, {
      apply: (target, self, given: never[]) => {
        const command = Reflect.apply(target, self, given);
        const [strings, ...values] = given as unknown[];
        const text = [...((strings as TemplateStringsArray | undefined)?.raw ?? []), ...values]
          .map((part) => (typeof part === "object" ? "" : String(part)))
          .join(" ");
        this.#texts.set(command, text);
        if (this.#settled.has(shell)) return command;
        const env = this.#carried.completed(process.env, text);
        if (env !== null) command.env(env);
        return command;
      },
    });
  }
}
