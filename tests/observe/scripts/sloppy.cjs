// What is legal outside of strict mode only.
var log = globalThis.logOf(require("node:url").pathToFileURL(__filename).href),
  later = async (v) => v;
async function twice() {
  return [typeof same, same()].join();
  function same() {
    return 1;
  }
  function same() {
    return 2;
  }
}
async function implicit() {
  undeclared = await later(5);
  return (function () {
    return typeof this;
  })();
}
async function withObject(o) {
  with (o) {
    later(1);
    return x + y;
  }
}
async function parameter(x) {
  x = 2;
  await later();
  return arguments[0];
}
async function evaluated() {
  eval("var made = 7");
  await later();
  return typeof made;
}
async function blocks() {
  before = typeof inner;
  {
    function inner() {}
  }
  await later();
  return before + typeof inner;
}
var await1 = async (await_) => await_,
  async = (x) => x;
var yielded = async(1);
twice().then(log);
implicit().then(log);
withObject({ x: 1, y: 2 }).then(log);
parameter(1).then(log);
evaluated().then(log);
blocks().then(log);
await1(3).then(log);
var let_ = 010;
log(yielded, let_, delete globalThis.undeclared);
