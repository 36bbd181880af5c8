/**
 * What the transformed text of a module calls: the one global object that the recorder is, and the sites
 * whose numbers it hands over.
 *
 * The text reaches the object by a bare global name (`Transformed.name`), which does not occur in the source.
 * Every function here is synchronous, must never throw, and hands back the value that it was given (but for a plugin of
 * Bun's), so that values and the order of microtasks stay as they were. With `t` for the name, and `i`, `m`, `e` for
 * three names made from it, a module comes to read
 *
 * ```js
 * const m=t.m(0);…                                                    start of a module; t.o(m) behind its last statement
 * async function f(a){const i=t.e(1);try{ … }catch(e){t.f(i,e);throw e}finally{t.l(i)}}
 * async (a) => {const i=t.e(1);try{return t.r(i,2,EXPR)}catch(e){t.f(i,e);throw e}finally{t.l(i)}}
 * t.b(i,await t.a(i,3,EXPR))                                          m in place of i at top level
 * {for await(const x of t.a(i,4,EXPR)){t.j(i);try{ … }finally{t.n(i,4)}}t.j(i)}
 * t.z(i,yield t.y(i,5,EXPR))                                          async generators only; yield* as well
 * catch(error){t.c(i,5,error); … }   finally{t.c(i); … }             in async functions and at top level
 * t.d(6,f())   t.v(7,f())                                             a call whose value is dropped, or goes elsewhere
 * t.p(8,new Promise(…))   t.g(9,Promise.all(…))   t.h(10,setTimeout(…,t.s(EXPR)))
 * t.u(t.w(11),execFileSync(…))   t.x(12,process).exit(1)   plugin(t.i({…}))
 * setTimeout(() => {const i=t.k(13);try{ … }finally{t.q(i)}},5)       a synchronous callback that is written where it is given
 * ```
 *
 * Nested wrappers are evaluated from the inside: `t.a(i,3,t.p(8,new Promise(…)))`.
 */

/** What the recorder keeps of a running call; the text only carries it about. */
export type Running = unknown;

/** The functions that transformed text calls. A `site` is a number of `Site`s, counted on over modules. */
export interface Inserted {
  /** A module's evaluation begins, before its first statement (its imports have been evaluated). */
  m(site: number): Running;
  /** It has come to its end. Not called where it throws, and where a CommonJS module returns early. */
  o(module: Running): void;

  /** An async function's body begins, after its parameters; that of an async generator at its first `next()`. */
  e(site: number): Running;
  /** It fails with an error that none of its own catches took. `l` follows. */
  f(call: Running, error: unknown): void;
  /** It is over: failed if `f` came, else finished; an async generator also by `return()` while it is suspended. */
  l(call: Running): void;
  /**
   * It returns a value, which may be a promise that its own is bound to then; `l` follows, unless a `finally` of its
   * own comes between. Not called for values that cannot be promises (literals, `return await x`), nor without one.
   */
  r<Value>(call: Running, site: number, value: Value): Value;

  /** A call is about to stand at an `await`, or at a `for await` (the value is then what it goes through). */
  a<Value>(call: Running, site: number, value: Value): Value;
  /** It goes on after an `await` with its result. Where the result is an error, `c` or `f` comes instead. */
  b<Value>(call: Running, value: Value): Value;
  /**
   * It goes on inside a `for await` with the next value, or behind it when there are no more. (Where a loop jumps to
   * a label further out, this comes before `c` or `f` of an error as well, and after `r`.)
   */
  j(call: Running): void;
  /** It is through with one value of a `for await`, in whatever way, and stands at it again (for the next, or for its end). */
  n(call: Running, site: number): void;
  /** An async generator is about to hand out a value, and to stand there until somebody wants the next. */
  y<Value>(call: Running, site: number, value: Value): Value;
  /** It goes on behind a `yield`. By `throw()` or `return()`: `c`, or `f` and `l`, instead. */
  z<Value>(call: Running, value: Value): Value;
  /**
   * A call goes on in one of its `catch` blocks (with its site, and the error; undefined where it is taken apart at once) or
   * `finally` blocks (without either): after an await that failed, or without having been suspended.
   */
  c(call: Running, site?: number, error?: unknown): void;

  /** A call's value was dropped (`Site.dropped` says how): a promise is then one that nobody can wait for. */
  d<Value>(site: number, value: Value): Value;
  /** A call's value goes elsewhere: kept, given on, returned by a synchronous function. */
  v<Value>(site: number, value: Value): Value;
  /** `new Promise(…)` was evaluated; its executor has run. */
  p<Value>(site: number, value: Value): Value;
  /** `Promise.all`, `allSettled`, `race` or `any` was called; its inputs have been consumed. */
  g<Value>(site: number, value: Value): Value;
  /** A call or `new` has made something that may keep the process alive (`Site.handle`); or a promise of the sort. */
  h<Value>(site: number, value: Value): Value;

  /** A plugin is about to be registered with Bun. Gives what is to be registered in its place. */
  i<Value>(plugin: Value): Value;

  /** The delay of the timer that is made next. */
  s<Value>(delay: Value): Value;

  /** A call that blocks its thread is about to be made. The result is handed to `u` as it is. */
  w(site: number): unknown;
  /** It has returned. Not called where it throws. */
  u<Value>(began: unknown, value: Value): Value;
  /**
   * One of `process.exit`, `abort`, `kill`, `reallyExit`, `on`, `once`, `addListener`, `prependListener` (`called.name`) is
   * about to be called, or `abort` of what may be an AbortController, which is the value; its arguments are evaluated after this.
   */
  x<Value>(site: number, value: Value): Value;

  /** A synchronous callback begins: `Site.given` says what it was given to. */
  k(site: number): Running;
  /** It is over, returned or thrown. */
  q(callback: Running): void;
}

/** How a value of a call is dropped. */
export type Drop =
  /** `f();`, also the first parts of `a(), b()` and a `for` loop's own. */
  | "statement"
  /** `void f()`. */
  | "void"
  /** `if (f())`, `!f()`, `f() && …`: a promise would always be true. */
  | "condition"
  /** What a callback returns to something that ignores it: `xs.forEach((x) => f(x))`. */
  | "callback";

/** A call or a `new`, as a site has it. */
export interface Called {
  /** The last name of the callee: `load` of `api.load()`, `Promise` of `new Promise()`; "" where it has none. */
  name: string;
  /** The callee as it is written, on one line and at most 60 characters: `this.api.load`. */
  callee: string;
  line: number;
  column: number;
  /** Whether it gives the promise of a timer: `setTimeout` of `timers/promises`, by whatever name, or `Bun.sleep`. */
  timer?: true;
  /** Whether it gives the promise of the next message that comes, as `once(parentPort, "message")`. */
  message?: true;
  /** Of a method of `process`: its first argument where it is a text, as the event of `on("exit", …)`. */
  event?: string;
  /** Of `then`, `catch`, `finally`: whether it takes rejections. */
  hears?: true;
  /** Whether what is called has come as an argument or out of a list, so that it was declared by another name. */
  handed?: true;
  /** Sites (`kind: "call"` and `"callback"`) of the functions written as its arguments, in their order. */
  gives?: number[];
  /** The names of async functions that are handed to it. */
  passes?: string[];
  /** Whether what these return is ignored there. */
  ignores?: true;
}

/** What a function was given to, where it is written. */
export interface Given extends Called {
  /** The first argument where it is a text, as the event of `on("exit", …)`. */
  event?: string;
  /** Whether what the function returns is ignored there. */
  dropped: boolean;
}

export type SiteKind =
  | "module"
  /** An async function; its place is where it begins in the source. */
  | "call"
  | "callback"
  | "await"
  | "for-await"
  | "yield"
  /** A `catch` block, where its word stands. */
  | "catch"
  | "return"
  | "dropped"
  | "escapes"
  | "promise"
  | "combinator"
  | "handle"
  | "blocking"
  | "exit"
  | "abort";

/** A place in a module that inserted text stands at. Lines and columns (UTF-16 units) are of the source and count from 1. */
export interface Site {
  kind: SiteKind;
  /** Where that is not the module's own: what this part of the module was made from. */
  file?: string;
  line: number;
  column: number;
  /**
   * The function that it stands in, and for a call or callback itself: `load`, `Server.handle`, `exit listener`,
   * `forEach callback`, `timer callback`, `<anonymous>`, `<module>`.
   */
  function: string;
  /** Of a call: what a caller names it by; "" for a function without a name. Equal to `called.name` where it was called by that. */
  name?: string;
  /** Of a call: whether it is an async generator. */
  generator?: true;
  /** Of an await: whether it is in a loop of its function that nothing in that ends but an error. */
  goesRound?: true;
  /** Of a yield: whether a `finally` of its function is to run behind it. */
  guarded?: true;
  /** Of a call or callback. */
  given?: Given;
  /** The call whose value was awaited, returned, dropped, …: where the value is a call's, without anything between. */
  called?: Called;
  /** How the value is dropped; of an await: how its result is, at which nobody looks then, or at its length alone. */
  dropped?: Drop;
  /** Of what is dropped by a callback: what that was given to. */
  by?: Given;
  /**
   * What was made: `setTimeout`, `setInterval`, `Worker`, `createServer`, `spawn`, …, of AbortSignal `timeout` and `abort`:
   * the callee's last name.
   */
  handle?: string;
  /** Of `then`, `catch`, `finally` in an executor: whether the new promise settles by what they are given. */
  settles?: true;
}

/** A module's transformation, as it may be kept by the content of the source; `codeOf` (`code.ts`) makes the text of it. */
export interface Transformed {
  /** What the text calls the global object: the wanted name, made longer where that occurs in the source. */
  name: string;
  /** Whether it is an ES module or CommonJS, as told to `transform` or as seen in the source. */
  module: "esm" | "cjs";
  /** Offsets in the source at which something is inserted, ascending. */
  at: number[];
  /** What is inserted there; `@7` is to be the number of the module's site 7. */
  texts: string[];
  sites: Site[];
  /** Of CommonJS with types: where these stand, if blanks in their place make it JavaScript. */
  types?: TypeRange[];
}

/** Offsets in a source. */
export type TypeRange = [start: number, end: number];
