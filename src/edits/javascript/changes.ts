/** What changes the text of a module, by pattern. Only here the parser is needed. */
import type { Asked, PatternName } from "./asked.ts";
import {
  awaitAndCatch,
  awaitBlocked,
  awaitCondition,
  awaitDropped,
  awaitInTurn,
  awaitKept,
  awaitTogether,
  awaitVoid,
  makeAsync,
} from "./awaiting.ts";
import { awaitChild } from "./children.ts";
import { clearLimit } from "./limits.ts";
import { allSettled, handleAtOnce, turnOfTheLoop } from "./settling.ts";
import { allOfCalledBack, allOfMap, allOfMapInAsync, awaitAnswers, awaitMap } from "./together.ts";
import { keepUntilExit } from "./until-exit.ts";
import type { Changes, UserModule } from "./user-module.ts";

export const changes: {
  [Name in PatternName]: (module: UserModule, known: Asked[Name]) => Changes;
} = {
  await: awaitDropped,
  "await-and-catch": awaitAndCatch,
  "await-in-turn": awaitInTurn,
  "await-together": awaitTogether,
  "await-void": awaitVoid,
  "await-condition": awaitCondition,
  "await-answers": awaitAnswers,
  "make-async": makeAsync,
  "keep-until-exit": keepUntilExit,
  "await-kept": awaitKept,
  "await-map": awaitMap,
  "all-of-map": allOfMap,
  "all-of-map-in-async": allOfMapInAsync,
  "all-of-called-back": allOfCalledBack,
  "all-settled": allSettled,
  "await-child": awaitChild,
  "clear-limit": clearLimit,
  "await-blocked": awaitBlocked,
  "handle-at-once": handleAtOnce,
  "turn-of-the-loop": turnOfTheLoop,
};
