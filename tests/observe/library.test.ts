/** What asyncio starts for itself is no work of the program's. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { patience } from "../support/patience.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { callBeside, command, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const python = findPython(9);

test.skipIf(python === null)(
  `only the program's own tasks are told, of one, two and five connections to its server${whyNoPython(9)}`,
  async () => {
    for (const count of [1, 2, 5]) {
      using folder = temporaryFolder();
      folder.file(
        "app.py",
        `import asyncio
async def handle(reader, writer):
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(handle, "localhost", 0)
    port = server.sockets[0].getsockname()[1]
    for _ in range(${count}):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x\\n")
        await reader.read()
        writer.close()
    server.close()
asyncio.run(main())
`,
      );
      const options = ["--json", "-", "--quiet-program", "--quiet", "--python", python!.path];
      const words = [...command(), "observe", ...options, "app.py"];
      const { stdout } = await callBeside(words, { cwd: folder.path });
      const { kinds } = JSON.parse(stdout);
      expect(
        kinds.flatMap(({ kind, function: of, total }: Record<string, unknown>) =>
          kind === "task" ? [[of, total]] : [],
        ),
      ).toEqual([["handle", count]]);
    }
  },
);
