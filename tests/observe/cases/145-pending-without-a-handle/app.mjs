// A request waits for an answer that will come by no timer, socket or Worker: the answer's id is mistyped. Nothing
// keeps the program, and it ends with status 0 before it has said anything.
const waiting = new Map();

function receive({ id, text }) {
  waiting.get(id)?.(text);
}

async function ask(text) {
  const id = String(waiting.size + 1);
  const answer = await new Promise((resolve) => waiting.set(id, resolve));
  console.log(text, answer);
}

async function main() {
  await ask("how are you?");
  console.log("never printed");
}

main();
setTimeout(() => receive({ id: "01", text: "fine" }), 20);
