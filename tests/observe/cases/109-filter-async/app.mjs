// filter takes what its function returns for a yes or a no: a promise is always a yes. Everybody is an
// administrator; the answers come later, and nobody reads them. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

const roles = { ann: "admin", bob: "guest", cem: "guest" };

const admins = Object.keys(roles).filter(async (name) => {
  await sleep(30);
  return roles[name] === "admin";
});
console.log("administrators:", admins.join(", "));
