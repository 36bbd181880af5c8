/** What loading asks of the recorder, and hands to it. */
import type { Inserted, Site } from "../inserted.ts";

/** The recorder of a thread. */
export interface Recorder {
  /** What transformed text calls, by a global name. None of its functions uses `this`. */
  t: Inserted;
  /** Makes the sites of a module known before any of them is called: its site n has the number `first + n`. */
  addSites(file: string, sites: readonly Site[], first: number): void;
  /** Makes known that a module's places are told in the source that it was made from. */
  addSource(file: string, source: SourceOfModule): void;
  /** Notes that a module of the user's runs as it is. */
  unseen(file: string, why: string): void;
  /** Notes that what runs of a module has other lines than its text. */
  printedAgain(file: string): void;
  /** Notes that loading a module has taken so many ms of this thread, until now. */
  took(ms: number): void;
  /** Writes what there is: where a process ends without another occasion. */
  flush(): void;
}

/** What a module was made from. */
export interface SourceOfModule {
  /** A position there, for one in the module; both count from 1. Null where it was made from nothing that is there. */
  place(position: { line: number; column: number }): SourcePlace | null;
  /** The line there that a line of the module was made from; null also where that were several. */
  placeOfLine(line: number): SourcePlace | null;
}

export interface SourcePlace {
  file: string;
  line: number;
  column: number;
}
