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
/** @type {Record<string, string>} */
const FIELDS = {
  num_layers: "layers",
  width: "width",
  num_heads: "heads",
  num_key_heads: "heads of keys",
  hidden_features: "hidden features",
  vocabulary_size: "vocabulary",
};

/** @param {Stage<Options, Question, Sizes>} stage */
function draw({ body, options, ask, say, fail }) {
  const { presets } = options;
  const first = presets.findIndex(({ name }) => name === options.first);
  let settings = { ...presets[first].settings };
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
  const changed = () => {
    // Learned positions are as many as the model was made for; rotary ones take no memory.
    const places = presets.find(({ name }) => name === model.input.value)?.settings.context_length;
    settings.context_length = Math.max(places ?? settings.context_length, use.num_tokens);
    return update({ settings: { ...settings }, use: { ...use } });
  };
  /** @param {number} i */
  const taken = (i) => {
    settings = { ...presets[i].settings };
    use.num_tokens = settings.context_length;
    tokens.value = options.tokens.indexOf(use.num_tokens);
    sizes.put(settings);
    source.textContent = `Sizes: ${presets[i].source}.`;
    return changed();
  };
  const model = select({
    label: "Model",
    names: [...presets.map(({ name }) => name), OWN],
    value: options.first,
    change: (name) => {
      const i = presets.findIndex((preset) => preset.name === name);
      if (i >= 0) return taken(i);
      return undefined;
    },
  });
  const sizes = numbers(FIELDS, settings, (name, value) => {
    settings = { ...settings, [name]: value };
    model.input.value = OWN;
    return changed();
  });
  /**
   * A slider over a list of numbers, one of the use.
   * @param {string} label
   * @param {number[]} values
   * @param {"batch_size" | "num_tokens" | "num_processes"} name
   */
  const pick = (label, values, name) =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: values.indexOf(use[name]),
      format: (i) => values[i].toLocaleString("en"),
      change: (i) => {
        use[name] = values[i];
        return changed();
      },
    });
  const tokens = pick("Tokens of each", options.tokens, "num_tokens");
  /**
   * @template {"precision" | "optimizer" | "attention" | "sharding"} Name
   * @param {string} label
   * @param {Name} name
   * @param {[Use[Name], string][]} choices
   */
  const one = (label, name, choices) =>
    choice({
      label,
      choices,
      value: use[name],
      change: (value) => {
        use[name] = value;
        return changed();
      },
    });
  const precision = one("Numbers", "precision", [
    ["float32", "float32"],
    ["bfloat16", "bfloat16"],
    ["int8", "int8 weights"],
    ["int4", "int4 weights"],
  ]);
  const optimizer = one("Optimizer", "optimizer", [
    ["sgd", "SGD"],
    ["momentum", "with momentum"],
    ["adam", "Adam"],
  ]);
  const checkpointing = check({
    label: "Checkpointing: keep the inputs of blocks alone",
    value: use.checkpointing,
    change: (on) => {
      use.checkpointing = on;
      return changed();
    },
  });
  const kind = choice({
    label: "To",
    choices: [
      ["train", "train"],
      ["write", "write text"],
    ],
    value: use.training ? "train" : "write",
    change: (value) => {
      use.training = value === "train";
      const [, , ...rounded] = precision.querySelectorAll("input");
      for (const input of rounded) input.disabled = use.training;
      optimizer.hidden = !use.training;
      checkpointing.hidden = !use.training;
      if (use.training && rounded.some((input) => input.checked)) {
        use.precision = "bfloat16";
        precision.querySelectorAll("input")[1].checked = true;
      }
      return changed();
    },
  });
  for (const input of [...precision.querySelectorAll("input")].slice(2)) input.disabled = true;
  body.append(
    model.node,
    source,
    chart.node,
    readout,
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        { class: "live-stack" },
        sizes.node,
        pick("Texts at once", options.batches, "batch_size").node,
        tokens.node,
        slider({
          label: "Device",
          min: 0,
          max: options.devices.length - 1,
          step: 1,
          value: options.devices.indexOf(device),
          format: (i) => `${options.devices[i]} GB`,
          change: (i) => {
            device = options.devices[i];
            show();
          },
        }).node,
      ),
      h(
        "div",
        { class: "live-stack" },
        kind,
        precision,
        optimizer,
        one("Attention", "attention", [
          ["blocks", "in blocks"],
          ["table", "by a full table"],
        ]),
        checkpointing,
        one("Divided among processes", "sharding", [
          [0, "nothing"],
          [1, "optimizer"],
          [2, "and gradients"],
          [3, "and parameters"],
        ]),
        pick("Processes", options.processes, "num_processes").node,
      ),
    ),
    table.node,
    h(
      "p",
      { class: "live-note" },
      "A GB has 10⁹ bytes. Tensors of a moment, and what an allocator rounds up, come on top.",
    ),
  );
  return taken(first);
}

export default live({ draw, answer });
