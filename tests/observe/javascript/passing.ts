/** A recorder that records nothing. */
import type { Inserted, Running } from "../../../src/observe/javascript/inserted.ts";
import type { Recorder } from "../../../src/observe/javascript/loading/recorder.ts";

const begin = (): Running => null;
const nothing = (): void => undefined;
const first = <Value>(value: Value): Value => value;
const second = <Value>(_: unknown, value: Value): Value => value;
const third = <Value>(_: unknown, _site: number, value: Value): Value => value;

const t: Inserted = {
  m: begin,
  o: nothing,
  e: begin,
  f: nothing,
  l: nothing,
  r: third,
  a: third,
  b: second,
  j: nothing,
  n: nothing,
  y: third,
  z: second,
  c: nothing,
  d: second,
  v: second,
  p: second,
  g: second,
  h: second,
  i: first,
  s: first,
  w: (site) => site,
  u: second,
  x: second,
  k: begin,
  q: nothing,
};

export const passing: Recorder = {
  t,
  addSites: nothing,
  addSource: nothing,
  unseen: nothing,
  printedAgain() {},
  took: nothing,
  flush: nothing,
};
