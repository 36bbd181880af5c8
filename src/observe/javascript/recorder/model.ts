/** What the recorder keeps of a running program: calls, and the promises that stand between them. */
/** What a call is doing. */
export const RUNNING = 0;
/** It has been left at `Call.at`: an await, a for-await or a yield. */
export const STANDING = 1;
/** It has returned a promise, and its own is bound to that. */
export const BOUND = 2;
export const OVER = 3;

export const CALL = 0;
export const MODULE = 1;
/** The entry module, and all that is evaluated before it. */
export const MAIN = 2;
/** A synchronous function that something calls back. */
export const CALLBACK = 3;

/**
 * A call of an async function, a module's evaluation or a callback.
 *
 * As many are alive as the program has calls under way. All fields are set at once and none is added later: the engines
 * keep such objects small. What few calls have is an object of its own.
 */
export class Call {
  kind: number;
  /** Of its function. */
  site: number;
  /** Its id in the record; 0 as long as nothing is told of it. */
  id = 0;
  /** Who called it. Let go of when it is over, so that calls that go on from each other are not kept. */
  parent: Call | null;
  /** Whoever ran when it began or went on: goes on when it is left. */
  below: Call | null;
  /** The site of the call of it; -1 where it is not known. */
  place = -1;
  began: number;
  /** Since when it runs; where it does not, when it was left last. */
  since: number;
  /** How long it has run, up to where it was left last. */
  busy = 0;
  state = RUNNING;
  /** Whether it has ever been left. */
  wasLeft = false;
  /** Where it stands, or stood last; -1 before. */
  at = -1;
  /** What it waits for, where that is a known promise. */
  on: Info | null = null;
  /** When the timer is due that it waits for; 0 where none is known. */
  due = 0;
  failure: Failure | null = null;
  /** Who awaits its promise, where that is the one call that was made of it; and at which site. */
  awaiter: Call | null = null;
  awaitedAt = -1;
  /** Who uses its promise otherwise. */
  uses: Uses | null = null;
  /** Where its promise was dropped; -1: nowhere. */
  droppedAt = -1;
  /** What it has returned, where that is a known promise: its own is bound to it then. */
  returns: Info | null = null;
  /** Whether a combinator has settled without it, and it was not seen to do anything since. */
  isLeftOver = false;
  /** Whether something of it has changed since it was told. */
  isChanged = false;
  /** Where it was told to stand. */
  toldAt = -1;
  /** What it was told to wait for, null where that is no promise that is known; undefined: nothing. */
  toldOn: Info | null | undefined = undefined;
  previous: Call;
  next: Call;

  constructor(kind: number, site: number, parent: Call | null, began: number) {
    this.kind = kind;
    this.site = site;
    this.parent = parent;
    this.below = parent;
    this.began = began;
    this.since = began;
    this.previous = this;
    this.next = this;
  }

  /** Takes it out of the list that it is in. */
  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this;
    this.next = this;
  }

  /** Puts another before it: at the end of the list that it is the head of. */
  append(call: Call): void {
    const last = this.previous;
    call.previous = last;
    call.next = this;
    last.next = call;
    this.previous = call;
  }
}

/** What a call failed with. */
export class Failure {
  error: unknown;
  /** The call that failed with the same error before. */
  from: Call | null;
  /** Who heard of it is known, or is not to be asked for. */
  isHeard = false;

  constructor(error: unknown, from: Call | null) {
    this.error = error;
    this.from = from;
  }
}

/** A `new Promise(…)`. */
export class Made {
  readonly site: number;
  /** The site of the call by which it came out of the function that made it; -1: none. */
  escapedAt = -1;
  readonly by: Call | null;
  readonly at: number;
  id = 0;
  uses: Uses | null = null;
  /** When the timer is due that settles it; 0 where none is known to. */
  due = 0;
  /** Whether it is looked at now and then, as somebody else than a call waits for it. */
  isWaited = false;
  isSettled = false;
  /** The calls whose promises its executor has handed on to it. */
  readonly inputs: readonly Call[];
  readonly promise: object;

  constructor(
    promise: object,
    site: number,
    by: Call | null,
    at: number,
    inputs: readonly Call[] = [],
  ) {
    this.promise = promise;
    this.inputs = inputs;
    this.site = site;
    this.by = by;
    this.at = at;
  }
}

/** What `Promise.all`, `allSettled`, `race` or `any` has made. */
export class Combined {
  readonly site: number;
  readonly name: string;
  readonly by: Call | null;
  readonly inputs: readonly Info[];
  uses: Uses | null = null;
  isSettled = false;
  /** The call that it has settled by, where that is known. */
  settledBy: Call | null = null;

  constructor(site: number, name: string, by: Call | null, inputs: readonly Info[]) {
    this.site = site;
    this.name = name;
    this.by = by;
    this.inputs = inputs;
  }
}

/** What `then`, `catch` or `finally` has made. */
export class Derived {
  readonly site: number;
  readonly from: Info;
  /** Whether a failure of what it comes from ends here. */
  readonly hears: boolean;
  uses: Uses | null = null;

  constructor(site: number, from: Info, hears: boolean) {
    this.site = site;
    this.from = from;
    this.hears = hears;
  }
}

/** What is known of a promise. */
export type Info = Call | Made | Combined | Derived;

/** Somebody's use of a promise. */
export interface Use {
  how: "await" | "return" | "then" | "all" | "allSettled" | "race" | "any" | "library";
  by: Call | null;
  /** What it goes on in, where it is a promise again. */
  into: Combined | Derived | null;
  /** -1 where it is not known. */
  site: number;
  at: number;
}

/** Those of a promise. What goes into one combinator may share them, so they are replaced, and never changed. */
export type Uses = readonly Use[];

/** The call whose promise this is, or comes from by `then`; a combinator or `new Promise` else. */
export function originOf(info: Info): Call | Made | Combined {
  let origin = info;
  while (origin instanceof Derived) origin = origin.from;
  return origin;
}
