// Sliders for the rules of sampling: the temperature, and those that leave out the unlikely.
import { slider } from "../frame/controls.mjs";

/** @import { Rules } from "./sampling.mjs" */

const COUNTS = [1, 2, 3, 5, 10, 20, 50, 100]; // what top-k may keep
const SHARES = [...Array(19).keys()].map((i) => (i + 1) / 20);

/**
 * @param {{ value: number, hottest: number, change: (value: number) => unknown }} settings
 */
export const temperatureSlider = ({ value, hottest, change }) =>
  slider({
    label: "Temperature",
    min: 0,
    max: hottest,
    step: 0.1,
    value,
    format: (shown) => shown.toFixed(1),
    change,
  });

/**
 * A slider for each of the rules. It writes into `rules` what the reader chooses, and tells
 * `change` so.
 * @param {Rules} rules
 * @param {number} hottest
 * @param {() => unknown} change
 */
export function ruleSliders(rules, hottest, change) {
  /**
   * One for a rule that may be off.
   * @param {string} label
   * @param {(number | null)[]} values
   * @param {"topK" | "topP" | "minP"} rule
   * @param {(value: number) => string} format
   */
  const cut = (label, values, rule, format) =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: Math.max(0, values.indexOf(rules[rule])),
      format: (i) => (values[i] === null ? "off" : format(/** @type {number} */ (values[i]))),
      change: (i) => {
        rules[rule] = values[i];
        change();
      },
    });
  const heat = temperatureSlider({
    value: rules.temperature,
    hottest,
    change: (value) => {
      rules.temperature = value;
      change();
    },
  });
  const share = (/** @type {number} */ value) => value.toFixed(2);
  return [
    heat,
    cut("Top-k", [null, ...[...COUNTS].reverse()], "topK", String),
    cut("Top-p", [null, ...[...SHARES].reverse()], "topP", share),
    cut("Min-p", [null, ...SHARES], "minP", share),
  ].map(({ node }) => node);
}
