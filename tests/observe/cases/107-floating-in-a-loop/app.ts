// A loop starts a call for each user and awaits none of them; then the command ends with process.exit().
// Two were quick enough. Ends by itself with status 0.
import { setTimeout as sleep } from "node:timers/promises";

interface User {
  name: string;
  ms: number;
}

class Mailer {
  sent = 0;
  async welcome(user: User): Promise<void> {
    await sleep(user.ms);
    this.sent += 1;
  }
}

const mailer = new Mailer();
const users = [5, 10, 2_000, 2_000, 2_000].map((ms, k): User => ({ name: `user ${k}`, ms }));
for (const user of users) {
  mailer.welcome(user);
}
await sleep(300);
console.log(`${users.length} users are welcome, ${mailer.sent} know`);
process.exit(0);
