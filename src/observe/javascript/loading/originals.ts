/** The functions that the recorder's side of a process uses, as they were before the program could replace them. */
import * as fs from "node:fs";

export const {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} = fs;
