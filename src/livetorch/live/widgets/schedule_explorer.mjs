// A training step of many processes: who does what when, and what each keeps and sends.
import { choice, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { memorySizes } from "../parts/memory_sizes.mjs";
import { bytes } from "../parts/memory_words.mjs";
import { busyTime, idleShare, mostKept, schedule, stepTime } from "../parts/schedules.mjs";
import { timeline } from "../parts/timeline.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Settings, Use } from "../parts/memory_sizes.mjs" */
/** @import { Kind, Task } from "../parts/schedules.mjs" */
/** @typedef {{ kind: Kind, ranks: number, micro_batches: number, sending: number }} Question */
/**
 * @typedef {{ start: Question, kinds: [Kind, string][], ranks: number[], most: number,
 *   sending: number[], settings: Settings, use: Use, largest: number }} Options
 */
/** @typedef {{ busy: number, most: number, kept: number, sent: number }} Rank */
/** @typedef {{ tasks: Task[], time: number, idle: number, ranks: Rank[] }} Answer */

const SHORT = 2; // bytes of a number that is sent
const SENDS = new Set(["all-gather", "reduce-scatter", "all-reduce"]);

/**
 * What a rank keeps at most, and what it sends in a step, in bytes.
 * @param {Question} question
 * @param {number} rank
 * @param {number} kept of how many micro-batches it keeps the activations at the same time
 * @param {Options} options
 */
function rankBytes({ kind, ranks, micro_batches: many }, rank, kept, { settings, use, largest }) {
  /** @type {(changes?: Partial<Use>, layers?: number) => ReturnType<typeof memorySizes>} */
  const sized = (changes = {}, layers = settings.num_layers) =>
    memorySizes({ ...settings, num_layers: layers }, { ...use, ...changes }, largest);
  if (kind === "ddp" || kind === "fsdp") {
    const sizes = sized({ num_processes: ranks, sharding: kind === "fsdp" ? 3 : 0 });
    const passages = kind === "fsdp" ? 3 * Math.ceil(many / ranks) : 2;
    return {
      kept: sizes.parameters + sizes.gradients + sizes.optimizer + kept * sizes.activations,
      sent: Math.floor((passages * (ranks - 1) * SHORT * sizes.count) / ranks),
    };
  }
  const [one, two, alone] = [sized({}, 1), sized({}, 2), sized()];
  const table = settings.vocabulary_size * settings.width;
  const share = settings.num_layers / ranks;
  const [first, last] = [Number(rank === 0), Number(rank === ranks - 1)];
  const count =
    share * (two.count - one.count) + first * table + last * (2 * one.count - two.count - table);
  const state = Math.floor((alone.parameters + alone.gradients + alone.optimizer) / alone.count);
  const token = share * alone.block + last * alone.ends;
  return {
    kept: state * count + kept * use.num_tokens * token,
    sent: many * SHORT * use.num_tokens * settings.width * (2 - first - last),
  };
}

/**
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer(question, options) {
  const { kind, ranks, micro_batches: many, sending } = question;
  const known = options.kinds.some(([name]) => name === kind) && options.ranks.includes(ranks);
  if (!known || !Number.isInteger(many) || many < 1 || many > options.most)
    throw new Error(
      `There are ${options.ranks.join(", ")} ranks, 1 to ${options.most} micro-batches ` +
        "and four kinds.",
    );
  if (!options.sending.includes(sending))
    throw new Error(`Sending takes ${options.sending.join(", ")}.`);
  const tasks = schedule(kind, ranks, many, options.settings.num_layers, sending);
  const rows = Array.from({ length: ranks }, (_, rank) => {
    const most = mostKept(tasks, rank);
    return { busy: busyTime(tasks, rank), most, ...rankBytes(question, rank, most, options) };
  });
  return { tasks, time: stepTime(tasks), idle: idleShare(tasks, ranks), ranks: rows };
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(share && share < 0.1 ? 1 : 0)} %`;

/**
 * The step in a sentence: its length, what one process would take, the idle share, most bytes.
 * @param {Answer} answer
 */
export function summary({ time, idle, ranks }) {
  const alone = ranks.reduce((sum, { busy }) => sum + busy, 0);
  const [kept, sent] = [ranks.map((rank) => rank.kept), ranks.map((rank) => rank.sent)];
  return (
    `The step takes ${time}; one process alone would take ${alone}. ` +
    `The ranks wait ${percent(idle)} of the time. ` +
    `A rank keeps up to ${bytes(Math.max(...kept))} and sends up to ${bytes(Math.max(...sent))}.`
  );
}

/**
 * What each rank does at a time.
 * @param {Task[]} tasks
 * @param {number} ranks
 * @param {number} time
 */
export function at(tasks, ranks, time) {
  const words = Array.from({ length: ranks }, (_, rank) => {
    const now = tasks.filter((task) => task[0] === rank && task[3] <= time && time < task[4]);
    const doing = now.map(([, kind, i]) => (SENDS.has(kind) || i === null ? kind : `${kind} ${i}`));
    return `rank ${rank}: ${doing.join(" and ") || "waits"}`;
  });
  return `At ${time}: ${words.join("; ")}.`;
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const question = { ...options.start };
  /** @type {Answer | undefined} */
  let known;
  let time = 0;
  const readout = h("p", { class: "live-readout" });
  const now = h("p", { class: "live-readout live-note live-schedule-now" });
  const rows = h("tbody", {});
  const there = () => (known ? at(known.tasks, known.ranks.length, time) : "");
  const chart = timeline({
    label: "Time in the step",
    text: there,
    move: (to) => {
      time = to;
      now.textContent = there();
    },
  });
  const show = (/** @type {Answer} */ found) => {
    fail();
    known = found;
    time = Math.min(time, found.time);
    const spans = found.tasks.map(([row, kind, i, start, end]) => ({
      row,
      kind,
      text: String(i ?? ""),
      start,
      end,
    }));
    chart.show(spans, found.ranks.length, found.time, SENDS);
    rows.replaceChildren(
      ...found.ranks.map(({ busy, most, kept, sent }, rank) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, rank),
          h("td", {}, percent(1 - busy / found.time)),
          h("td", {}, most),
          h("td", {}, bytes(kept)),
          h("td", {}, bytes(sent)),
        ),
      ),
    );
    now.textContent = there();
    readout.textContent = summary(found);
    say(readout.textContent);
  };
  const update = latest(ask, show, fail);
  /** @param {Partial<Question>} changes */
  const set = (changes) => {
    Object.assign(question, changes);
    sending.input.disabled = question.kind === "gpipe" || question.kind === "1f1b";
    return update({ ...question });
  };
  /** @typedef {ReturnType<typeof slider>} Slider */
  /** @type {(label: string, name: "ranks" | "sending", unit?: string) => Slider} */
  const pick = (label, name, unit = "") =>
    slider({
      label,
      min: 0,
      max: options[name].length - 1,
      step: 1,
      value: options[name].indexOf(question[name]),
      format: (i) => `${options[name][i]}${unit}`,
      change: (i) => set({ [name]: options[name][i] }),
    });
  const sending = pick("Gather a layer", "sending");
  const many = slider({
    label: "Micro-batches",
    min: 1,
    max: options.most,
    step: 1,
    value: question.micro_batches,
    change: (value) => set({ micro_batches: value }),
  });
  /** @type {(kind: string, words: string) => (Node | string)[]} */
  const key = (kind, words) => [h("span", { class: `live-key live-span-${kind}` }), words];
  body.append(
    choice({
      label: "Kind",
      choices: options.kinds,
      value: question.kind,
      change: (kind) => set({ kind }),
    }),
    pick("Ranks", "ranks").node,
    many.node,
    sending.node,
    h(
      "p",
      { class: "live-note live-keys", "aria-hidden": "true" },
      key("forward", "forward"),
      key("backward", "backward"),
      key("all-gather", "all-gather"),
      key("reduce-scatter", "reduce-scatter, all-reduce"),
    ),
    chart.node,
    now,
    readout,
    h(
      "div",
      { class: "live-scroll", tabindex: 0, role: "group", "aria-label": "Bytes of each rank" },
      h(
        "table",
        { class: "live-schedule" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Rank", "waits", "batches at once", "keeps", "sends"].map((name) =>
              h("th", { scope: "col" }, name),
            ),
          ),
        ),
        rows,
      ),
    ),
  );
  return set({});
}

export default live({ draw, answer });
