// A timer's callback throws. The exit listeners run, the synchronous one to its end; beforeExit does not come,
// and the upload is cut off. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

async function upload(name) {
  await sleep(3_000);
  console.log("uploaded", name);
}

process.on("beforeExit", function sayGoodbye() {
  console.log("never printed");
});
process.on("exit", function saveState() {
  console.log("state is saved");
});

setTimeout(() => {
  const settings = JSON.parse('{"theme": null}');
  console.log(settings.theme.name);
}, 50);
await upload("photos.zip");
