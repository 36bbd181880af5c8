// The check is asynchronous and its promise is taken for the answer: everybody may delete. That the check itself
// fails ends the process, after the deed. Exit status 1.
import { setTimeout as sleep } from "node:timers/promises";

const files = new Set(["a.txt", "b.txt"]);

async function mayDelete(user, file) {
  await sleep(20);
  throw new Error(`no rights are known of ${user} for ${file}`);
}

function remove(user, file) {
  if (mayDelete(user, file)) {
    files.delete(file);
    console.log(`${user} has deleted ${file}`);
  }
}

remove("guest", "a.txt");
console.log("left:", [...files].join(", "));
