// Five thumbnails by Promise.all; three of them fail. The first failure is caught, the other two are heard by
// nobody, and two go on although their caller has given up. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

async function thumbnail(name, ms) {
  await sleep(ms);
  if (name.endsWith(".gif")) throw new Error(`${name} cannot be read`);
  return `${name}.small`;
}

async function album() {
  const names = ["a.gif", "b.png", "c.gif", "d.png", "e.gif"];
  return await Promise.all(names.map((name, k) => thumbnail(name, 50 + 200 * k)));
}

try {
  await album();
} catch (error) {
  console.log("no album:", error.message);
}
