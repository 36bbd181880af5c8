/** Paths as a report shows them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Paths } from "../../../src/report/model/paths.ts";
import { patience } from "../../support/patience.ts";

setDefaultTimeout(patience);

const paths = new Paths("/home/me/project");

test("a path within the working folder stands as from there, and of others only what tells them apart", () => {
  for (const [text, shown] of [
    ["/home/me/project/app.py:3", "app.py:3"],
    ["'/home/me/project/lib/a b.py'", "'lib/a b.py'"],
    ["in /home/me/project", "in ."],
    ["/home/me/projects/other.py", "…/other.py"],
    ["/home/me/secret.txt, and more", "…/secret.txt, and more"],
    ["/usr/lib/python3.12/asyncio/runners.py:118", "asyncio/runners.py:118"],
    ["/opt/venv/lib/python3.12/site-packages/aiohttp/web.py", "aiohttp/web.py"],
    ["/var/x/node_modules/pg/lib/client.js:9", "pg/lib/client.js:9"],
    ["file:///home/me/project/app.mjs", "app.mjs"],
    ["file:///home/you/app.mjs:3:4", "…/app.mjs:3:4"],
    [String.raw`C:\Users\me\secret.txt`, "…/secret.txt"],
    ["--data=/tmp/data.csv", "--data=…/data.csv"],
  ] as const)
    expect(paths.within(text)).toBe(shown);
});

test("what is no path of a file stays as it is", () => {
  for (const text of [
    "GET /api/users failed",
    "https://example.com/home/me",
    "x: 1 of a/b",
    "1/2 and 3 / 4",
    "app.py:3 (await asyncio.sleep(1))",
    "lib/util.py",
    "node:internal/timers",
  ])
    expect(paths.within(text)).toBe(text);
});
