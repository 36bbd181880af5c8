const { setTimeout: sleep } = require("node:timers/promises");
const { log } = require("./app.cjs");

exports.save = async function save(name) {
  await sleep(20);
  log(`saved ${name}`);
};
