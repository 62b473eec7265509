// Runs a chapter's model in a page: one worker for all widgets, started at the first question.
let worker;
let last = 0;
const waiting = new Map();

function start(page) {
  worker = new Worker(new URL(`worker.mjs?v=${page.version}`, page.base), { type: "module" });
  worker.onmessage = ({ data: { id, progress, error, outputs } }) => {
    const { resolve, reject, tell } = waiting.get(id);
    if (progress !== undefined) return tell?.(progress);
    waiting.delete(id);
    if (error === undefined) resolve(outputs);
    else reject(new Error(error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) reject(new Error("the worker could not be started"));
    waiting.clear();
    worker = undefined;
  };
}

/** Inputs { name: { data: Float32Array or BigInt64Array, dims } } -> outputs of the same form. */
export function run(page, model, inputs) {
  if (!worker) start(page);
  return new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, { resolve, reject, tell: page.progress });
    worker.postMessage({
      id,
      base: page.base.href,
      version: page.version,
      bytes: page.bytes,
      model,
      inputs,
    });
  });
}
