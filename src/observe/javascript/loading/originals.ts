/** The functions that the recorder's side of a process uses, as they were before the program could replace them. */
import * as fs from "node:fs";

export const {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} = fs;
