// A service that has computed something and has been there for a while dies of an exception in a timer's callback: what
// the runtime prints of that is what it prints in any case. Ends by itself with status 1.
function index(ms) {
  const until = Date.now() + ms;
  let found = 0;
  while (Date.now() < until) found += Math.sqrt(found + 1);
  return found;
}

const state = setInterval(() => {}, 20);
console.log("indexed:", index(300) > 0);

setTimeout(() => {
  clearInterval(state);
  throw new Error("the index is broken");
}, 1_300);
