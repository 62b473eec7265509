// Where the memory of a GPT goes: every part in bytes, for a model and a use of the reader's.
import { check, choice, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { byteTable } from "../parts/byte_table.mjs";
import { memorySizes } from "../parts/memory_sizes.mjs";
import { bytes, formulas, NAMES, PARTS, verdict } from "../parts/memory_words.mjs";
import { numbers, select } from "../parts/pickers.mjs";
import { stackedBar } from "../parts/stacked_bar.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Settings, Sizes, Use } from "../parts/memory_sizes.mjs" */
/** @typedef {{ settings: Settings, use: Use }} Question */
/** @typedef {{ name: string, source: string, settings: Settings }} Preset */
/**
 * @typedef {{ presets: Preset[], first: string, use: Use, largest: number, batches: number[],
 *   tokens: number[], processes: number[], devices: number[], device: number }} Options
 */

/**
 * @param {Question} question
 * @param {Pick<Options, "largest">} options
 * @returns {Sizes}
 */
export function answer({ settings, use }, { largest }) {
  return memorySizes(settings, use, largest);
}

const OWN = "a model of my own";
const NOTE =
  "A GB has 10⁹ bytes. Tensors of a moment, and what an allocator rounds up, come on top.";
/** @type {Record<string, string>} */
const FIELDS = {
  num_layers: "Layers",
  width: "Width",
  num_heads: "Heads",
  num_key_heads: "Heads of keys",
  hidden_features: "Hidden",
  vocabulary_size: "Vocabulary",
};

/** @param {Stage<Options, Question, Sizes>} stage */
function draw({ body, options, ask, say, fail }) {
  const { presets } = options;
  const first = presets.find(({ name }) => name === options.first) ?? presets[0];
  let settings = { ...first.settings };
  const use = { ...options.use };
  let device = options.device;
  /** @type {{ sizes: Sizes, question: Question } | undefined} */
  let known;

  const chart = stackedBar({ count: PARTS.length, unit: "GB" });
  const readout = h("p", { class: "live-readout" });
  const source = h("p", { class: "live-note" });
  const table = byteTable();

  const show = () => {
    if (!known) return;
    const { sizes, question } = known;
    const how = formulas(question.settings, question.use, sizes);
    const shared = question.use.sharding ? question.use.num_processes : 1;
    const words = verdict(sizes, device, shared);
    const there = PARTS.filter((part) => sizes[part]);
    const list = there.map((part) => `${NAMES[part]} ${bytes(sizes[part])}`).join(", ");
    chart.show(
      PARTS.map((part) => sizes[part] / 1e9),
      device,
      `Bytes on a process: ${list}. The line is at ${device} GB.`,
    );
    table.show(sizes, how);
    readout.textContent = words;
    say(words);
  };
  const update = latest(
    ask,
    (sizes, question) => {
      fail();
      known = { sizes, question };
      show();
    },
    fail,
  );
  // Learned positions are as many as the model was made for; rotary ones take no memory.
  let places = settings.context_length;
  const changed = () => {
    const context = Math.max(places, use.num_tokens);
    return update({ settings: { ...settings, context_length: context }, use: { ...use } });
  };
  /** @param {Partial<Use>} changes */
  const set = (changes) => {
    Object.assign(use, changes);
    return changed();
  };
  /** @param {Preset} preset */
  const taken = (preset) => {
    settings = { ...preset.settings };
    places = settings.context_length;
    tokens.value = options.tokens.indexOf(places);
    sizes.put(settings);
    source.textContent = `Sizes: ${preset.source}.`;
    return set({ num_tokens: places });
  };
  const model = select({
    label: "Model",
    names: [...presets.map(({ name }) => name), OWN],
    value: first.name,
    change: (name) => {
      const preset = presets.find((one) => one.name === name);
      return preset && taken(preset);
    },
  });
  const sizes = numbers(FIELDS, settings, (name, value) => {
    settings = { ...settings, [name]: value };
    model.input.value = OWN;
    return changed();
  });
  /**
   * A slider over a list of numbers.
   * @param {string} label
   * @param {number[]} values
   * @param {number} value
   * @param {(value: number) => unknown} change
   */
  const pick = (label, values, value, change, unit = "") =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: values.indexOf(value),
      format: (i) => `${values[i].toLocaleString("en")}${unit}`,
      change: (i) => change(values[i]),
    });
  const texts = pick("Texts at once", options.batches, use.batch_size, (many) =>
    set({ batch_size: many }),
  );
  const tokens = pick("Tokens of each", options.tokens, use.num_tokens, (many) =>
    set({ num_tokens: many }),
  );
  const processes = pick("Processes", options.processes, use.num_processes, (many) =>
    set({ num_processes: many }),
  );
  const limit = (/** @type {number} */ size) => {
    device = size;
    show();
  };
  const divided = choice({
    label: "Divided",
    choices: [
      [0, "nothing"],
      [1, "optimizer state"],
      [2, "gradients, too"],
      [3, "parameters, too"],
    ],
    value: use.sharding,
    change: (sharding) => {
      processes.input.disabled = !sharding; // each of them holds the same
      return set({ sharding });
    },
  });
  const precision = choice({
    label: "Numbers",
    choices: [
      ["float32", "float32"],
      ["bfloat16", "bfloat16"],
      ["int8", "int8"],
      ["int4", "int4"],
    ],
    value: use.precision,
    change: (name) => set({ precision: name }),
  });
  const [, short, ...rounded] = precision.querySelectorAll("input");
  const optimizer = choice({
    label: "Optimizer",
    choices: [
      ["sgd", "SGD"],
      ["momentum", "momentum"],
      ["adam", "Adam"],
    ],
    value: use.optimizer,
    change: (name) => set({ optimizer: name }),
  });
  const attention = choice({
    label: "Attention",
    choices: [
      ["blocks", "in blocks"],
      ["table", "by a full table"],
    ],
    value: use.attention,
    change: (name) => set({ attention: name }),
  });
  const checkpointing = check({
    label: "Checkpointing: keep the inputs of blocks",
    value: use.checkpointing,
    change: (on) => set({ checkpointing: on }),
  });
  /** @param {boolean} training what belongs to training alone, and to writing */
  const purpose = (training) => {
    optimizer.hidden = !training;
    checkpointing.hidden = !training;
    for (const input of rounded) input.disabled = training;
    if (!training || !rounded.some((input) => input.checked)) return set({ training });
    short.checked = true;
    return set({ training, precision: short.value });
  };
  const kind = choice({
    label: "To",
    choices: [
      ["train", "train"],
      ["write", "write text"],
    ],
    value: use.training ? "train" : "write",
    change: (name) => purpose(name === "train"),
  });
  processes.input.disabled = !use.sharding;
  const gigabytes = pick("Device", options.devices, device, limit, " GB");
  /** @param {(Node | { node: Node })[]} controls */
  const stack = (...controls) =>
    h(
      "div",
      { class: "live-stack" },
      controls.map((control) => ("node" in control ? control.node : control)),
    );
  body.append(
    model.node,
    source,
    chart.node,
    readout,
    kind,
    h(
      "div",
      { class: "live-columns" },
      stack(sizes, texts, tokens, gigabytes),
      stack(precision, optimizer, attention, checkpointing, divided, processes),
    ),
    table.node,
    h("p", { class: "live-note" }, NOTE),
  );
  for (const input of rounded) input.disabled = use.training;
  return taken(first);
}

export default live({ draw, answer });
