// Two CommonJS modules require each other; the one that is loaded second gets exports that are still empty, and finds
// out when it uses them, in an async function that nobody awaits. Exit status 1.
const store = require("./store.cjs");

module.exports = {
  log(text) {
    console.log("log:", text);
  },
};

store.save("ann");
console.log("started");
