// Node's own way to hear of every promise: its least, callbacks that do nothing.
const nothing = () => {};
require("node:async_hooks")
  .createHook({ init: nothing, before: nothing, after: nothing, promiseResolve: nothing })
  .enable();
