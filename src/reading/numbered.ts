/** Things by number, as the definitions of a trace number them: from 0 on, and some few below. */
export class Numbered<Thing> {
  readonly #above: Thing[] = [];
  readonly #below: Thing[] = [];

  get(number: number): Thing | undefined {
    return number >= 0 ? this.#above[number] : this.#below[~number];
  }

  set(number: number, thing: Thing): Thing {
    if (number >= 0) this.#above[number] = thing;
    else this.#below[~number] = thing;
    return thing;
  }

  /** All there are: those below zero first, from -1 on. */
  *values(): Generator<Thing> {
    for (const thing of this.#below) if (thing !== undefined) yield thing;
    for (const thing of this.#above) if (thing !== undefined) yield thing;
  }
}
