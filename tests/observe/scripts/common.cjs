#!/usr/bin/env node
"use strict";
const { pathToFileURL } = require("node:url");
const log = globalThis.logOf(pathToFileURL(__filename).href),
  later = async (v) => v;
exports.a = async function () {
  return this === exports;
};
module.exports.b = later(1);
Object.defineProperty(exports, "c", {
  enumerable: true,
  get: function () {
    return 3;
  },
});
log(
  typeof require("node:fs").readFileSync,
  module.exports === exports,
  typeof arguments.length,
  this === exports,
);
(async () => {
  log(await exports.a(), await exports.b);
  for await (const x of [later(1)]) log(x);
})();
if (require.main === module) return later(1);
log("end");
