/** A program that somebody else wrote is run, and observed. What became of everything in it is read by `recording.ts`. */
export {
  CannotStart,
  observe as observeProgram,
  type Observed as ObservedProgram,
  type Observing as ObservingProgram,
  type Running as RunningProgram,
} from "../observe/observe.ts";
export { findRuntime, javascript } from "../observe/javascript/javascript.ts";
export { findInterpreter, python } from "../observe/python/python.ts";
export type { ObservedLanguage, RecorderSettings } from "../observe/language.ts";
export type { Unseen } from "../observe/unseen.ts";
export { keepInput, type KeptInput } from "../observe/input.ts";
