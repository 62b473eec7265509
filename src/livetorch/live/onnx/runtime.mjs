// Runs a chapter's model in a page: one worker for all widgets, started at the first question.

/** @import { Page } from "../frame/frame.mjs" */
/** @import { Message, Request } from "./worker.mjs" */
/** @typedef {Record<string, { data: Float32Array | BigInt64Array, dims: number[] }>} Inputs */
/** @typedef {Record<string, { data: Float32Array, dims: readonly number[] }>} Outputs */
/**
 * @typedef {object} Asker
 * @property {(outputs: Outputs) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {Page["progress"]} tell
 */

/** @type {Worker | undefined} */
let worker;
let last = 0;
/** @type {Map<number, Asker>} */
const waiting = new Map();

/** @param {Page} page */
function start(page) {
  const started = new Worker(new URL(`worker.mjs?v=${page.version}`, page.base), {
    type: "module",
  });
  started.onmessage = (/** @type {MessageEvent<Message>} */ { data: message }) => {
    const asker = waiting.get(message.id);
    if ("progress" in message) {
      asker?.tell?.(message.progress);
      return;
    }
    waiting.delete(message.id);
    if ("outputs" in message) asker?.resolve(message.outputs);
    else asker?.reject(new Error(message.error));
  };
  started.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) reject(new Error("the worker could not be started"));
    waiting.clear();
    worker = undefined;
  };
  return started;
}

/**
 * What a model makes of its inputs.
 * @param {Page} page
 * @param {string} model
 * @param {Inputs} inputs
 * @returns {Promise<Outputs>}
 */
export function run(page, model, inputs) {
  worker ??= start(page);
  const asked = worker;
  return new Promise((resolve, reject) => {
    last += 1;
    const id = last;
    waiting.set(id, { resolve, reject, tell: page.progress });
    const { base, version, bytes } = page;
    /** @type {Request} */
    const request = { id, base: base.href, version, bytes, model, inputs };
    asked.postMessage(request);
  });
}
