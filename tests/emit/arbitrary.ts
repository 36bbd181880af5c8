/**
 * Random scenarios for the programs that `tandem code` writes: none to five tasks, the loops
 * that Python has or all, channels of both kinds between everybody, clean-up, timeouts and failures.
 *
 * Invariant: every document is valid and gives each print and failure a text of its own. Where all runs
 * on one thread durations are such that much falls on one instant; where several threads do, they are
 * far apart, and where a loop is beside main nothing computes.
 */
import type { Drawn } from "../drivers/arbitrary.ts";
import type { StrategyInput } from "../../src/scenario/strategy.ts";

type Step = string | { [key: string]: unknown };

/**
 * Draws a scenario and a strategy.
 *
 * @param loops where its loop may live; one that stands there twice is twice as likely.
 */
export function drawProgram(
  random: () => number,
  loops: readonly string[] = ["inline", "inline", "thread", "thread", "portal"],
): Drawn {
  return new Drawing(random).draw(loops);
}

const taskNames = ["one", "two", "three", "four", "five"];
/** Names that mean something in a program of Python. */
const oddNames = ["len", "loop", "async", "value", "stop"];
const settles = ["none", "gather", "group", "settled"];

class Drawing {
  readonly #random: () => number;
  #label = 0;
  #beside = false;
  #alone = true;

  constructor(random: () => number) {
    this.#random = random;
  }

  draw(loops: readonly string[]): Drawn {
    const loop = this.#pick(...loops);
    this.#beside = loop === "thread" || loop === "portal";
    const offload = this.#pick("none", "none", "none", "threads", "threads", "processes");
    this.#alone = !this.#beside && offload === "none";
    const names = (this.#chance(0.1) ? oddNames : taskNames).slice(
      0,
      this.#pick(0, 1, 1, 2, 2, 3, 5),
    );
    const submitted = this.#beside
      ? names.filter(() => this.#chance(0.35))
      : names.filter(() => this.#chance(0.03));
    const started = names.filter((name) => !submitted.includes(name));
    const tasks = Object.fromEntries(names.map((name) => [name, this.#task()]));
    const bounded = (): object => (this.#chance(0.5) ? { capacity: this.#pick(1, 2) } : {});
    return {
      document: {
        name: "random",
        main: this.#main([...submitted]),
        launch: this.#launch(started),
        tasks,
        channels: { inbox: bounded(), outbox: bounded() },
      },
      strategy: this.#strategy(loop, offload),
    };
  }

  #strategy(loop: string, offload: string): StrategyInput {
    const settle = this.#pick(...settles);
    const atExit =
      loop === "inline" ? undefined : this.#pick("wait", "wait", "cancel", "cancel", "abandon");
    return {
      loop,
      settle,
      ...(settle !== "none" && this.#chance(0.35) ? { timeout: this.#duration() } : {}),
      ...(atExit === undefined ? {} : { atExit }),
      ...(atExit !== undefined && atExit !== "abandon" && this.#chance(0.25)
        ? { grace: this.#duration() }
        : {}),
      ...(offload === "none" ? {} : { offload, workers: this.#pick(1, 2) }),
    };
  }

  #task(): object {
    return {
      steps: this.#told(this.#times(1, 4, () => this.#taskStep(2))),
      ...(this.#chance(0.45)
        ? { finally: this.#told(this.#times(1, 2, () => this.#taskStep(1))) }
        : {}),
      ...(this.#chance(0.15) ? { copies: this.#pick(1, 2) } : {}),
    };
  }

  /** @param depth how many repeats there may be within each other. */
  #taskStep(depth: number): Step {
    const kind = this.#random();
    if (kind < 0.1) return this.#print(" {value}", " {task}", " {copy}");
    if (kind < 0.45) return { sleep: this.#duration() };
    if (kind < 0.6) return { block: this.#duration() };
    if (kind < 0.64) return this.#compute();
    if (kind < 0.69) return this.#fail();
    if (kind < 0.92) return this.#channelStep(0.6, 0.6);
    if (depth === 0) return this.#print(" {i}");
    return {
      repeat: this.#pick(0, 2, 2),
      steps: [...this.#times(1, 2, () => this.#taskStep(depth - 1)), this.#print(" {i}")],
    };
  }

  #launch(started: string[]): Step[] {
    const steps: Step[] = [];
    for (const name of started) {
      if (this.#chance(0.3)) steps.push(this.#launchStep());
      steps.push({ start: name });
    }
    if (this.#chance(0.3)) steps.push(this.#launchStep());
    steps.push(this.#print());
    steps.splice(Math.floor(this.#random() * (steps.length + 1)) || steps.length, 0, "settle");
    if (this.#chance(0.4)) steps.push(this.#launchStep(), this.#print());
    return steps;
  }

  #launchStep(): Step {
    const kind = this.#random();
    if (kind < 0.3) return this.#print(" {value}");
    if (kind < 0.65) return { sleep: this.#duration() };
    if (kind < 0.78) return { block: this.#duration() };
    if (kind < 0.86) return this.#fail();
    return this.#channelStep(0.7, 0.7);
  }

  #main(submitted: string[]): Step[] {
    const main: Step[] = [
      ...(this.#chance(0.3) ? this.#times(1, 2, () => this.#mainStep()) : []),
      ...(this.#chance(0.02) ? [{ join: null }] : []),
    ];
    // A main that never launches speaks with nobody.
    if (submitted.length === 0 && this.#chance(0.04)) return [...main, this.#print()];
    if (submitted.length > 0 && this.#chance(0.03)) main.push({ submit: submitted.shift() });
    main.push("launch");
    if (this.#beside) main.push({ block: this.#duration() });
    for (const name of submitted) {
      main.push({ submit: name });
      if (this.#chance(0.4)) main.push({ block: this.#duration() });
      if (this.#chance(0.6))
        main.push({ result: name, ...(this.#chance(0.5) ? { timeout: this.#duration() } : {}) });
    }
    main.push(...this.#told(this.#times(0, 3, () => this.#mainStep())));
    if (this.#chance(0.2))
      main.push({ join: null, ...(this.#chance(0.7) ? { timeout: this.#duration() } : {}) });
    main.push(...this.#told(this.#times(0, 2, () => this.#mainStep())));
    // Whether a task still gets a turn when it is submitted as the process ends is luck.
    if (this.#beside) main.push({ block: this.#duration() }, this.#print());
    return main;
  }

  #mainStep(): Step {
    const kind = this.#random();
    if (kind < 0.1) return this.#print(" {value}");
    if (kind < 0.5) return { block: this.#duration() };
    if (kind < 0.55) return this.#compute();
    if (kind < 0.58) return this.#fail();
    if (kind < 0.65)
      return {
        repeat: this.#pick(0, 2),
        steps: [{ block: this.#duration() }, this.#print(" {i}")],
      };
    return this.#channelStep(0.75, 0.65);
  }

  /** The steps, with a print behind some of them. */
  #told(steps: Step[]): Step[] {
    return steps.flatMap((step) => (this.#chance(0.5) ? [step, this.#print(" {value}")] : [step]));
  }

  /**
   * @param timeouts the share of receives that have one.
   * @param sends the share of sends.
   */
  #channelStep(timeouts: number, sends: number): Step {
    const channel = this.#pick("inbox", "outbox");
    if (this.#chance(sends))
      return {
        send: {
          channel,
          value: this.#pick<unknown>(this.#label++, 0.00005, `text ${this.#label++} {value}`, {
            a: "{value}",
          }),
        },
      };
    return {
      receive: channel,
      ...(this.#chance(timeouts) ? { timeout: this.#duration() } : {}),
    };
  }

  #compute(): Step {
    return this.#beside ? this.#print() : { compute: this.#duration() };
  }

  #fail(): Step {
    return { fail: `failure ${this.#label++} {value}` };
  }

  #print(...placeholders: string[]): Step {
    const shown = this.#chance(0.4) && placeholders.length > 0 ? this.#pick(...placeholders) : "";
    return { print: `line ${this.#label++}${shown}` };
  }

  #duration(): number {
    if (!this.#alone) return this.#pick(60, 120, 180, 240) + this.#pick(0, 20, 40);
    return this.#pick(0, 1, 2, 5, 5, 10, 10, 20, 0.5, 60);
  }

  #times<Value>(least: number, most: number, make: () => Value): Value[] {
    const count = least + Math.floor(this.#random() * (most - least + 1));
    return Array.from({ length: count }, make);
  }

  #pick<Value>(...values: Value[]): Value {
    return values[Math.floor(this.#random() * values.length)]!;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}
