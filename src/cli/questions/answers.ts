/**
 * Going back: a conversation is a function of its answers.
 *
 * Its answers are a stack. To go back to a question, the latest answer is taken off and the
 * conversation is performed again from its beginning, with the answers below it; so no question need
 * know which came before it. What is done in between, as a run or a file that is written, is not done
 * again: its result stands on the stack as well.
 */

interface Entry {
  /** The question; null for the result of something that was done. */
  question: string | null;
  value: unknown;
}

export class Answers {
  readonly #entries: Entry[] = [];
  /** How many of them the conversation has come by. */
  #at = 0;
  /** The answer that was taken off, which is proposed when its question is asked again. */
  #takenBack: Entry | null = null;

  /** Whether what is told now has been told before: up to the question that is gone back to. */
  get isRetracing(): boolean {
    return this.#isKnown || this.#takenBack !== null;
  }

  /** Whether what is asked or done now has been before. */
  get #isKnown(): boolean {
    return this.#at < this.#entries.length;
  }

  /** Performs a conversation from its beginning. */
  begin(): void {
    this.#at = 0;
  }

  /** Takes the latest answer back. @returns whether there was any. */
  takeBack(): boolean {
    for (;;) {
      const entry = this.#entries.pop();
      if (entry === undefined) return false;
      this.#takenBack = entry;
      if (entry.question !== null) return true;
    }
  }

  /** The answer to a question, as it was given or as it is given now. */
  question<Value>(
    question: string,
    ask: (proposed: Value | undefined) => Promise<Value>,
  ): Promise<Value> {
    return this.#next(question, () => {
      const before = this.#takenBack?.question === question ? this.#takenBack.value : undefined;
      this.#takenBack = null;
      return ask(before as Value | undefined);
    });
  }

  /** The result of something that is done once. Nothing may be asked meanwhile. */
  done<Value>(act: () => Value | Promise<Value>): Promise<Value> {
    return this.#next(null, act);
  }

  async #next<Value>(question: string | null, get: () => Value | Promise<Value>): Promise<Value> {
    // Where another question comes now, as the file that it is about has changed, what followed is void.
    if (this.#isKnown && this.#entries[this.#at]!.question !== question)
      this.#entries.length = this.#at;
    if (!this.#isKnown) this.#entries.push({ question, value: await get() });
    return this.#entries[this.#at++]!.value as Value;
  }
}
