/** Scenarios that the emitted programs of both languages are tried on, beside the catalogue. */

/** What the catalogue has no scenario for, and the strategies that it matters under. */
export const documents: [strategies: string, document: string][] = [
  [
    "detach await group await,settle=settled thread daemon portal float",
    `name: texts
main:
  - print: 'main "quotes" \\ and \`ticks\` $ \${{x}} {{i}} {}, {runtime}'
  - repeat: 2
    steps: [{ repeat: 2, steps: [{ print: "main inner {i}" }] }, { print: "main outer {i}" }]
  - launch
  - block: 250ms
  - print: main goes on
  - block: 1.5s
  - print: main ends
launch: [print: launch, start: [worker, import], print: started, settle, print: settled]
tasks:
  worker:
    steps:
      - print: "{task} is {copy} {value}."
      - sleep: 500ms
      - repeat: 2
        steps: [print: "{task} {i}"]
    finally: [print: "{task} cleans up"]
    copies: 3
  import: [print: "{task} {copy}", sleep: 1s, print: imported]
`,
  ],
  [
    "await group await,settle=settled thread daemon portal float",
    `name: pipe
main: [print: main, launch, block: 3s, print: main ends]
tasks:
  source: [{ repeat: 4, steps: [{ print: "source {i}" }, { send: { channel: pipe, value: { a: 1 } } }] }, { print: source ends }]
  sink:
    steps: [{ repeat: 5, steps: [{ receive: pipe, timeout: 1s }, { print: "sink {i} {value}" }, { sleep: 250ms }] }]
    finally: [sleep: 250ms, print: sink cleans up]
channels: { pipe: { capacity: 2 } }
`,
  ],
  [
    "await,timeout=1s group,timeout=1s await,settle=settled,timeout=1s thread,timeout=1s thread,settle=group,timeout=1s portal,settle=gather,timeout=1s float,settle=gather,timeout=1s await,timeout=4s",
    `name: too-slow
main: [print: main, launch, block: 2.5s, print: main ends]
launch: [start: [quick, slow, slower], settle, print: settled]
tasks:
  quick: [sleep: 250ms, print: quick]
  slow: { steps: [sleep: 2s, print: slow], finally: [sleep: 500ms, print: slow cleans up] }
  slower: { steps: [sleep: 3s, print: slower], finally: [print: slower cleans up] }
`,
  ],
  [
    "await,offload=threads,workers=1 group,offload=threads thread,offload=processes detach,offload=threads,workers=1 detach,offload=processes daemon,offload=threads daemon,offload=processes thread,atExit=cancel,offload=threads thread,grace=250ms,offload=threads,workers=1",
    `name: jobs
main: [print: main, launch, block: 1s, print: main ends]
launch: [start: [first, second, third], sleep: 250ms, settle, print: settled]
tasks:
  first: { steps: [print: first, block: 1.5s, print: first done], finally: [print: first cleans up] }
  second: [block: 400ms, print: second done]
  third: [sleep: 750ms, print: third]
`,
  ],
  [
    "portal portal,grace=500ms portal,atExit=cancel thread await float",
    `name: many
main:
  - launch
  - block: 500ms
  - submit: many
  - submit: bad
  - block: 250ms
  - print: submitted
  - result: many
  - print: many are done
  - result: bad
  - print: never
launch: [print: open]
tasks:
  many: { steps: [sleep: 500ms, print: "{task}"], copies: 3 }
  bad: { steps: [sleep: 1s, fail: bad], finally: [print: bad cleans up] }
`,
  ],
  [
    "portal,settle=gather portal,settle=gather,atExit=cancel thread await",
    `name: shut
main: [launch, block: 1s, print: main, submit: late, print: never]
launch: [start: [bad, long], settle]
tasks:
  bad: [sleep: 500ms, fail: bad]
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
  late: [print: late]
`,
  ],
  [
    "detach await group thread thread,settle=group",
    `name: body
main: [print: main, launch, block: 2s, print: main ends]
launch: [start: [bad, long], sleep: 1s, print: launch, settle, print: settled]
tasks:
  bad: { steps: [sleep: 500ms, fail: bad], finally: [print: bad cleans up] }
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
`,
  ],
  [
    // Not with a rejection that nobody handles: Bun 1.4.5 lets one more wake-up happen before it ends.
    "float,settle=group",
    `name: body-afloat
main: [print: main, launch, block: 250ms, print: main ends]
launch: [start: [bad, long], sleep: 1s, print: launch, settle, print: settled]
tasks:
  bad: { steps: [sleep: 500ms, fail: bad], finally: [print: bad cleans up] }
  long: { steps: [sleep: 2s, print: long], finally: [sleep: 250ms, print: long cleans up] }
`,
  ],
  [
    "detach await group thread float",
    `name: body-fails
main: [print: main, launch, block: 1s, print: main ends]
launch: [start: long, fail: launch]
tasks:
  long: { steps: [print: long, sleep: 2s], finally: [print: long cleans up] }
`,
  ],
  [
    "float,atExit=cancel float,atExit=cancel,grace=500ms float,grace=500ms float,settle=settled,atExit=cancel thread,settle=settled,atExit=cancel portal,settle=gather,atExit=cancel thread,settle=group,atExit=cancel",
    `name: afloat
main: [print: main, launch, block: 500ms, print: main ends]
launch: [start: [a, b], settle, print: settled]
tasks:
  a: { steps: [print: a, sleep: 2s, print: a done], finally: [sleep: 250ms, print: a cleans up] }
  b: { steps: [sleep: 2s, print: b done], finally: [sleep: 1s, print: b cleans up] }
`,
  ],
  [
    "thread await detach portal float",
    `name: letters
main:
  - send: { channel: own, value: 1 }
  - receive: own
  - print: "main has {value}"
  - launch
  - block: 250ms
  - join:
    timeout: 1s
  - print: main ends
tasks:
  a: [{ sleep: 2s }, { print: a }]
channels: { own: {} }
`,
  ],
  [
    "thread portal thread,atExit=cancel",
    `name: post
main: [launch, { repeat: 3, steps: [{ block: 250ms }, { send: { channel: box, value: 7 } }] }, block: 500ms, print: main ends]
tasks:
  reader: { steps: [{ repeat: 4, steps: [{ receive: box, timeout: 1s }, { print: "read {value}" }] }], finally: [print: reader ends] }
channels: { box: {} }
`,
  ],
  ["await thread", "name: nothing\nmain: [print: a, launch, join, print: b]\n"],
  ["await thread portal", "name: never\nmain: [print: a]\ntasks: { t: [print: t] }\n"],
];
