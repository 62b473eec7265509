// Who does what when in a training step of many processes: what schedules.py computes, and a test
// compares. A time of 1 is one micro-batch's forward pass through one layer; a backward pass
// takes 2.

/** @typedef {"forward" | "backward" | "all-gather" | "reduce-scatter" | "all-reduce"} Step */
/**
 * Rank, kind, micro-batch, start, end.
 * @typedef {[number, Step, number | null, number, number]} Task
 */
/** @typedef {"ddp" | "fsdp" | "gpipe" | "1f1b"} Kind */

const FORWARD = 1;
const BACKWARD = 2;

/** @param {Task} task */
export const computes = ([, kind]) => kind === "forward" || kind === "backward";

/** @param {number} count */
const upTo = (count) => Array.from({ length: count }, (_, i) => i);

/**
 * @param {Kind} kind
 * @param {number} rank
 * @param {number} ranks
 * @param {number} many micro-batches
 */
function pipelineOrder(kind, rank, ranks, many) {
  const first = kind === "gpipe" ? many : Math.min(ranks - rank, many);
  /** @type {[Step, number][]} */
  const order = upTo(first).map((i) => ["forward", i]);
  for (const i of upTo(many)) {
    order.push(["backward", i]);
    if (first + i < many) order.push(["forward", first + i]);
  }
  return order;
}

/**
 * @param {Kind} kind
 * @param {number} ranks
 * @param {number} many
 * @param {number} layers
 */
function pipeline(kind, ranks, many, layers) {
  const orders = upTo(ranks).map((r) => pipelineOrder(kind, r, ranks, many));
  const share = layers / ranks;
  /** @type {Map<string, number>} */
  const ends = new Map();
  /** @type {Task[]} */
  const tasks = [];
  const free = upTo(ranks).map(() => 0);
  const done = upTo(ranks).map(() => 0);
  while (done.some((number, r) => number < orders[r].length)) {
    for (const [r, order] of orders.entries()) {
      while (done[r] < order.length) {
        const [step, i] = order[done[r]];
        const before = step === "forward" ? r - 1 : r + 1;
        const ready = ends.get(`${before} ${step} ${i}`);
        if (before >= 0 && before < ranks && ready === undefined) break;
        const start = Math.max(free[r], ready ?? 0);
        free[r] = start + share * (step === "forward" ? FORWARD : BACKWARD);
        ends.set(`${r} ${step} ${i}`, free[r]);
        tasks.push([r, step, i, start, free[r]]);
        done[r] += 1;
      }
    }
  }
  return tasks;
}

/**
 * @param {boolean} sharded
 * @param {number} ranks
 * @param {number} many
 * @param {number} layers
 * @param {number} sending
 */
function dataParallel(sharded, ranks, many, layers, sending) {
  const rounds = Math.ceil(many / ranks);
  /** @type {{ turn: number, kind: Step }[]} */
  const steps = upTo(rounds).flatMap((turn) => [
    ...upTo(layers).map(() => ({ turn, kind: /** @type {Step} */ ("forward") })),
    ...upTo(layers).map(() => ({ turn, kind: /** @type {Step} */ ("backward") })),
  ]);
  /** @typedef {{ kind: Step, turn: number | null, start: number, end: number }} Span */
  /** @type {Span[]} */
  const computed = [];
  /** @type {Span[]} */
  const sent = [];
  let clock = 0;
  let line = 0;
  /** @type {(kind: Step, turn: number | null, ready: number) => number} */
  const send = (kind, turn, ready) => {
    const start = Math.max(line, ready);
    line = start + sending * (kind === "all-reduce" ? 2 : 1);
    sent.push({ kind, turn, start, end: line });
    return line;
  };
  const alone = ranks === 1;
  let gathered = alone || !sharded ? 0 : send("all-gather", 0, 0);
  for (const [number, { turn, kind }] of steps.entries()) {
    const start = Math.max(clock, gathered);
    clock = start + (kind === "forward" ? FORWARD : BACKWARD);
    computed.push({ kind, turn, start, end: clock });
    if (alone) continue;
    const next = steps[number + 1];
    if (sharded && next) gathered = send("all-gather", next.turn, start);
    if (kind !== "backward") continue;
    if (sharded) send("reduce-scatter", turn, clock);
    else if (turn === rounds - 1) send("all-reduce", null, clock);
  }
  /** @type {Task[]} */
  const tasks = [];
  for (const r of upTo(ranks)) {
    for (const { kind, turn, start, end } of computed) {
      const own = /** @type {number} */ (turn) * ranks + r;
      if (own < many) tasks.push([r, kind, own, start, end]);
    }
    for (const { kind, turn, start, end } of sending ? sent : [])
      tasks.push([r, kind, turn === null ? null : turn * ranks + r, start, end]);
  }
  return joined(tasks);
}

/**
 * Tasks of one kind and micro-batch that follow each other without a break, as one.
 * @param {Task[]} tasks
 */
function joined(tasks) {
  /** @type {Task[]} */
  const made = [];
  for (const task of tasks) {
    const last = made.at(-1);
    const same = last && [0, 1, 2].every((i) => last[i] === task[i]) && last[4] === task[3];
    if (same) last[4] = task[4];
    else made.push([...task]);
  }
  return made;
}

/**
 * The tasks of all ranks in one training step.
 * @param {Kind} kind
 * @param {number} ranks
 * @param {number} many
 * @param {number} layers
 * @param {number} sending
 * @returns {Task[]}
 */
export function schedule(kind, ranks, many, layers, sending) {
  if (kind === "ddp" || kind === "fsdp")
    return dataParallel(kind === "fsdp", ranks, many, layers, sending);
  return pipeline(kind, ranks, many, layers);
}

/** @param {Task[]} tasks */
export const stepTime = (tasks) => Math.max(...tasks.map(([, , , , end]) => end));

/**
 * @param {Task[]} tasks
 * @param {number} rank
 */
export const busyTime = (tasks, rank) =>
  tasks.reduce(
    (sum, task) => (task[0] === rank && computes(task) ? sum + (task[4] - task[3]) : sum),
    0,
  );

/**
 * @param {Task[]} tasks
 * @param {number} ranks
 */
export function idleShare(tasks, ranks) {
  const busy = upTo(ranks).reduce((sum, r) => sum + busyTime(tasks, r), 0);
  return 1 - busy / (ranks * stepTime(tasks));
}

/**
 * Of how many micro-batches a rank keeps activations at the same time, at most.
 * @param {Task[]} tasks
 * @param {number} rank
 */
export function mostKept(tasks, rank) {
  /** @type {Map<number, [number, number]>} */
  const kept = new Map();
  for (const task of tasks) {
    const [r, , i, start, end] = task;
    if (r !== rank || !computes(task) || i === null) continue;
    const [first, last] = kept.get(i) ?? [start, end];
    kept.set(i, [Math.min(first, start), Math.max(last, end)]);
  }
  const spans = [...kept.values()];
  return spans.reduce(
    (most, [begun]) =>
      Math.max(most, spans.filter(([first, last]) => first <= begun && begun < last).length),
    0,
  );
}
