/**
 * The channels: queues of the standard library, and one class where main and the loop in another
 * thread must both be able to wait.
 *
 * asyncio.Queue serves the tasks of one loop, queue.Queue threads that may block. For a task that waits
 * for main, or for room that main makes, neither does: a timeout of main's must not live on a loop that
 * is held or closing, and what main sends is there although the loop is held.
 */
import type { ChannelFacts, Facts } from "../facts.ts";
import { separated } from "../source-text.ts";
import type { PythonDraft } from "./draft.ts";
import { inside } from "./syntax.ts";

/** The class that a channel is an object of. */
export type ChannelKind = "asyncio.Queue" | "queue.Queue" | "Channel";

export function kindOf(facts: Facts, channel: ChannelFacts): ChannelKind {
  const { loopSends, loopReceives, capacity } = channel;
  if (!loopSends && !loopReceives) return "queue.Queue";
  if (!facts.isShared(channel)) return "asyncio.Queue";
  const taskWaits = loopReceives || capacity !== null;
  if (!taskWaits) return "queue.Queue";
  return facts.isBetweenThreads(channel) ? "Channel" : "asyncio.Queue";
}

/** The line that makes a channel. */
export function writeChannel(draft: PythonDraft, channel: ChannelFacts): string {
  const kind = kindOf(draft.facts, channel);
  if (kind !== "Channel") draft.import(kind.slice(0, kind.indexOf(".")));
  const size = channel.capacity === null ? "" : `maxsize=${channel.capacity}`;
  return `${draft.queueOf(channel)} = ${kind}(${size})`;
}

/** Whether the program has channels of its own class. */
export function hasChannelClass(facts: Facts): boolean {
  return facts.channels.some((channel) => kindOf(facts, channel) === "Channel");
}

/** The uses of the class's channels, by which its methods are chosen. */
interface ClassUse {
  mainSends: boolean;
  mainReceives: boolean;
  loopSends: boolean;
  /** Whether one of them has room for so many values only. */
  bounded: boolean;
  /** Whether tasks wait for a value. */
  getters: boolean;
  /** Whether tasks wait for room. */
  putters: boolean;
}

function useOf(channels: readonly ChannelFacts[]): ClassUse {
  return {
    mainSends: channels.some(({ mainSends }) => mainSends),
    mainReceives: channels.some(({ mainReceives }) => mainReceives),
    loopSends: channels.some(({ loopSends }) => loopSends),
    bounded: channels.some(({ capacity }) => capacity !== null),
    getters: channels.some(({ loopReceives }) => loopReceives),
    putters: channels.some(({ loopSends, capacity }) => loopSends && capacity !== null),
  };
}

/** The class, with the methods that somebody calls. */
export function writeChannelClass(draft: PythonDraft): string[] {
  const { channels } = draft.facts;
  const ofClass = channels.filter((one) => kindOf(draft.facts, one) === "Channel");
  if (ofClass.length === 0) return [];
  draft.import("asyncio");
  draft.import("collections");
  draft.import("contextlib");
  draft.import("queue");
  const use = useOf(ofClass);
  return [
    "class Channel:",
    ...inside([
      `"""A queue between tasks, which await, and the main thread, which blocks."""`,
      "",
      ...separated([...mainsMethods(use), ...tasksMethods(use), ...turnMethods], [""]),
    ]),
  ];
}

function method(exists: boolean, head: string, lines: string[]): string[] {
  return exists ? [`${head}:`, ...inside(lines)] : [];
}

/** The constructor, and the methods that block the main thread. */
function mainsMethods({
  mainSends,
  mainReceives,
  bounded,
  getters,
  putters,
}: ClassUse): string[][] {
  const wakeInLoop = (who: "getters" | "putters", exists: boolean): string[] =>
    exists
      ? [
          "with contextlib.suppress(RuntimeError):  # in a loop that has closed nobody waits",
          `    loop.call_soon_threadsafe(self.wake, self.${who})`,
        ]
      : [];
  return [
    method(true, `def __init__(self${bounded ? ", maxsize=0" : ""})`, [
      `self.values = queue.Queue(${bounded ? "maxsize" : ""})`,
      ...(getters ? ["self.getters = collections.deque()  # tasks that wait for a value"] : []),
      ...(putters ? ["self.putters = collections.deque()  # tasks that wait for room"] : []),
    ]),
    method(mainSends, "def send(self, value)", [
      `"""Puts a value in, for the main thread."""`,
      "self.values.put(value)",
      ...wakeInLoop("getters", getters),
    ]),
    method(mainReceives, "def receive(self, timeout=None)", [
      `"""Takes a value out, for the main thread."""`,
      "value = self.values.get(timeout=timeout)",
      ...wakeInLoop("putters", putters),
      "return value",
    ]),
  ];
}

/** The methods that tasks await. */
function tasksMethods({ loopSends, getters, putters }: ClassUse): string[][] {
  return [
    method(
      loopSends,
      "async def put(self, value)",
      putters
        ? [
            "while True:",
            "    with contextlib.suppress(queue.Full):",
            "        self.values.put_nowait(value)",
            `        ${getters ? "return self.wake(self.getters)" : "return"}`,
            "    await self.turn(self.putters, self.values.full)",
          ]
        : ["self.values.put(value)", ...(getters ? ["self.wake(self.getters)"] : [])],
    ),
    method(getters, "async def get(self)", [
      "while True:",
      "    with contextlib.suppress(queue.Empty):",
      ...(putters
        ? [
            "        value = self.values.get_nowait()",
            "        self.wake(self.putters)",
            "        return value",
          ]
        : ["        return self.values.get_nowait()"]),
      "    await self.turn(self.getters, self.values.empty)",
    ]),
  ];
}

/** The methods by which several waiting tasks take turns. */
const turnMethods = [
  method(true, "async def turn(self, waiting, in_vain)", [
    `"""Waits until it is this task's turn to look again."""`,
    "waiter = loop.create_future()",
    "waiting.append(waiter)",
    "try:",
    "    await waiter",
    "except asyncio.CancelledError:",
    "    if not waiter.cancelled() and not in_vain():",
    "        self.wake(waiting)  # it is the turn of the next one",
    "    raise",
  ]),
  method(true, "def wake(self, waiting)", [
    `"""Lets the first that still waits look again."""`,
    "while waiting:",
    "    waiter = waiting.popleft()",
    "    if not waiter.done():",
    "        return waiter.set_result(None)",
  ]),
];
