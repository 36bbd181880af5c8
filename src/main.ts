#!/usr/bin/env bun
/** argv to command to exit status. What a command does not need is not loaded for it. */
export {}; // top-level await needs a module

const argv = process.argv.slice(2);

if (argv[0] === "__child") {
  const { startChild } = await import("./drivers/real/child.ts");
  startChild();
} else if (argv[0] === "__pool") {
  const { runPoolProcess } = await import("./drivers/real/pool-process.ts");
  runPoolProcess();
} else if (argv[0] === "__consumer") {
  const { runConsumerProcess } = await import("./drivers/real/durable/consumer-process.ts");
  runConsumerProcess();
} else {
  // First of all: from here on no signal ends it without the status that says so.
  const { hearSignals } = await import("./cli/signals.ts");
  hearSignals();
  const { runCommandLine } = await import("./cli/command-line.ts");
  // Everything has been written by now; what has not, nobody will ever read.
  process.exit(await runCommandLine(argv));
}
