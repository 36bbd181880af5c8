// DOES NOT END. A cache sweeps itself every 100 ms; whoever uses it is done, but the interval keeps the process.
class Cache<Value> {
  readonly #values = new Map<string, Value>();

  constructor() {
    setInterval(() => this.#sweep(), 100);
  }

  get(key: string, make: () => Value): Value {
    let value = this.#values.get(key);
    if (value === undefined) this.#values.set(key, (value = make()));
    return value;
  }

  #sweep(): void {
    this.#values.clear();
  }
}

const cache = new Cache<number>();
console.log(cache.get("answer", () => 42));
