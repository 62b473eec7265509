// Tokens that a language model reads: all of a window, or only what its cache does not hold yet.
import { runOnPage } from "../onnx/running.mjs";

/** @import { Page } from "../frame/frame.mjs" */

/**
 * What the page has read last, and what the model keeps of it.
 * @type {{ window: number[], keep: boolean, keys: Float32Array, values: Float32Array,
 *   scores: number[], read: number } | undefined}
 */
let last;

/**
 * The first token that the model reads: where they no longer fit the context, its older half is
 * left out.
 * @param {number} count
 * @param {number} context
 */
export function startOfWindow(count, context) {
  const step = context + 1 - Math.max(1, Math.floor(context / 2));
  return Math.max(0, Math.ceil((count - context) / step)) * step;
}

/**
 * What may follow a window, and how many of its tokens had to be read for that.
 * @param {number[]} window
 * @param {boolean} keep
 * @param {number[]} cache layers, heads of keys and features of a head
 * @param {Page} page
 */
export async function scoresAfter(window, keep, cache, page) {
  const begins = last?.window.every((token, i) => token === window[i]);
  const before = begins && last?.keep === keep ? last : undefined;
  const known = before?.window.length ?? 0;
  if (before && known === window.length) return before; // asked again, under other rules
  const seen = keep && known < window.length ? known : 0;
  const fresh = window.slice(seen);
  const [layers, heads, features] = cache;
  const dims = [layers, 1, heads, seen, features];
  const { logits, keys, values } = await runOnPage(page, "plays", {
    tokens: { data: BigInt64Array.from(fresh, BigInt), dims: [1, fresh.length] },
    past_keys: { data: before && seen ? before.keys : new Float32Array(0), dims },
    past_values: { data: before && seen ? before.values : new Float32Array(0), dims },
  });
  const scores = [...logits.data];
  last = { window, keep, keys: keys.data, values: values.data, scores, read: fresh.length };
  return last;
}
