/** The scenarios that come with tandem, inside the executable. */
import abandon from "./catalogue/abandon.yaml" with { type: "text" };
import askedFor from "./catalogue/asked-for.yaml" with { type: "text" };
import awaited from "./catalogue/awaited.yaml" with { type: "text" };
import blocking from "./catalogue/blocking.yaml" with { type: "text" };
import cancelCleanup from "./catalogue/cancel-cleanup.yaml" with { type: "text" };
import choosing from "./catalogue/choosing.yaml" with { type: "text" };
import exitEarly from "./catalogue/exit-early.yaml" with { type: "text" };
import floating from "./catalogue/floating.yaml" with { type: "text" };
import groupFailure from "./catalogue/group-failure.yaml" with { type: "text" };
import handedOver from "./catalogue/handed-over.yaml" with { type: "text" };
import joinTimeout from "./catalogue/join-timeout.yaml" with { type: "text" };
import killedTwice from "./catalogue/killed-twice.yaml" with { type: "text" };
import leaseLost from "./catalogue/lease-lost.yaml" with { type: "text" };
import lost from "./catalogue/lost.yaml" with { type: "text" };
import mailTwice from "./catalogue/mail-twice.yaml" with { type: "text" };
import mainKilled from "./catalogue/main-killed.yaml" with { type: "text" };
import notAwaited from "./catalogue/not-awaited.yaml" with { type: "text" };
import offloaded from "./catalogue/offloaded.yaml" with { type: "text" };
import oneAttempt from "./catalogue/one-attempt.yaml" with { type: "text" };
import processes from "./catalogue/processes.yaml" with { type: "text" };
import queue from "./catalogue/queue.yaml" with { type: "text" };
import reraised from "./catalogue/reraised.yaml" with { type: "text" };
import resultTimeout from "./catalogue/result-timeout.yaml" with { type: "text" };
import submit from "./catalogue/submit.yaml" with { type: "text" };
import takenOff from "./catalogue/taken-off.yaml" with { type: "text" };
import threaded from "./catalogue/threaded.yaml" with { type: "text" };
import unretrieved from "./catalogue/unretrieved.yaml" with { type: "text" };
import workerKilled from "./catalogue/worker-killed.yaml" with { type: "text" };

export interface CatalogueEntry {
  name: string;
  file: string;
  text: string;
}

/** The entries of the catalogue, in the order in which a newcomer should meet them. */
export const catalogue: readonly CatalogueEntry[] = Object.entries({
  lost,
  awaited,
  threaded,
  choosing,
  blocking,
  offloaded,
  processes,
  queue,
  submit,
  "result-timeout": resultTimeout,
  unretrieved,
  reraised,
  "group-failure": groupFailure,
  "cancel-cleanup": cancelCleanup,
  abandon,
  "join-timeout": joinTimeout,
  floating,
  "exit-early": exitEarly,
  "handed-over": handedOver,
  "asked-for": askedFor,
  "main-killed": mainKilled,
  "worker-killed": workerKilled,
  "killed-twice": killedTwice,
  "lease-lost": leaseLost,
  "mail-twice": mailTwice,
  "one-attempt": oneAttempt,
  "not-awaited": notAwaited,
  "taken-off": takenOff,
}).map(([name, text]) => ({ name, file: `${name}.yaml`, text: String(text) }));
