// What a reader's hand moves: buttons, sliders, choices, a line to write in, steps to play.
import { h, unique } from "./elements.mjs";

/** @import { Attributes } from "./elements.mjs" */

/**
 * @param {string} label
 * @param {() => unknown} act
 * @param {Attributes} [attributes]
 */
export function button(label, act, attributes = {}) {
  return h("button", { type: "button", class: "live-button", onclick: act, ...attributes }, label);
}

/**
 * A labelled slider. `format` makes the text beside it, which screen readers hear too.
 * @param {{ label: string, min: number, max: number, step: number, value: number,
 *   format?: (value: number) => string, change: (value: number) => unknown }} settings
 */
export function slider({ label, min, max, step, value, format = String, change }) {
  const id = unique("slider");
  const input = h("input", { type: "range", id, min, max, step });
  input.value = String(value);
  // The slider itself says its value; an <output> would be read out a second time.
  const output = h("span", { class: "live-value", "aria-hidden": "true" });
  const show = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  show();
  const node = h("div", { class: "live-slider" }, h("label", { for: id }, label), input, output);
  return {
    node,
    input,
    get value() {
      return Number(input.value);
    },
    set value(number) {
      input.value = String(number);
      show();
    },
  };
}

/**
 * One of a few: radio buttons in a row. `choices` are [value, text] pairs.
 * @template {string | number} Value
 * @param {{ label: string, choices: [Value, string][], value: Value,
 *   change: (value: Value) => unknown }} settings
 */
export function choice({ label, choices, value, change }) {
  const name = unique("choice");
  const options = choices.map(([key, text]) => {
    const input = h("input", { type: "radio", name, value: key, onchange: () => change(key) });
    input.checked = key === value;
    return h("label", {}, input, h("span", {}, text));
  });
  return h("fieldset", { class: "live-choice" }, h("legend", {}, label), options);
}

/**
 * A labelled line of text.
 * @param {Attributes & { label: string, value: string, change: (text: string) => unknown }} line
 */
export function field({ label, value, change, ...attributes }) {
  const id = unique("field");
  const input = h("input", {
    type: "text",
    id,
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
    ...attributes,
  });
  input.value = value;
  input.addEventListener("input", () => change(input.value));
  return { node: h("div", { class: "live-field" }, h("label", { for: id }, label), input), input };
}

/**
 * A box to tick.
 * @param {{ label: string, value: boolean, change: (on: boolean) => unknown }} settings
 */
export function check({ label, value, change }) {
  /** @type {HTMLInputElement} */
  const input = h("input", { type: "checkbox", onchange: () => change(input.checked) });
  input.checked = value;
  return h("label", { class: "live-check" }, input, h("span", {}, label));
}

/**
 * Steps 0 to `last`: back, next, play, and a slider over all. `show(step)` draws one.
 * @param {{ label: string, last: number, show: (step: number) => unknown, pause?: number,
 *   start?: number }} settings
 */
export function player({ label, last, show, pause = 900, start = 0 }) {
  /** @type {number | undefined} */
  let timer;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  /** @param {number} step */
  const go = (step) => {
    bar.value = Math.max(0, Math.min(last, step));
    back.disabled = bar.value === 0;
    next.disabled = bar.value === last;
    show(bar.value);
  };
  /** @param {number} step */
  const goByHand = (step) => {
    stop();
    go(step);
  };
  const bar = slider({
    label,
    min: 0,
    max: last,
    step: 1,
    value: start,
    format: (step) => `${step} of ${last}`,
    change: goByHand,
  });
  const back = button("Back", () => goByHand(bar.value - 1));
  const next = button("Next", () => goByHand(bar.value + 1));
  const play = button("Play", () => {
    if (timer) return stop();
    if (bar.value === last) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => (bar.value < last ? go(bar.value + 1) : stop()), pause);
    return undefined;
  });
  const node = h(
    "div",
    { class: "live-player" },
    h("div", { class: "live-row" }, back, next, play),
    bar.node,
  );
  return { node, go, stop };
}
