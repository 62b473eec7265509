// The worker behind runtime.mjs: loads onnxruntime-web and models, each once, and runs them. A page
// stays quick meanwhile.
const RUNTIME = "ORT_VERSION";
const STORE = "livetorch-runtime";

/** @import { InferenceSession } from "onnxruntime-web" */
/** @import { Inputs, Outputs } from "./runtime.mjs" */
/** @typedef {typeof import("onnxruntime-web")} Runtime */
/** @typedef {{ ort: Runtime, session: InferenceSession }} Ready */
/** @typedef {(bytes: number) => void} Tell counts the bytes that came */
/**
 * A question to this worker. `bytes` is how many the first one loads.
 * @typedef {{ id: number, base: string, version: string, bytes: number, model: string,
 *   inputs: Inputs }} Request
 */
/**
 * What this worker says to question `id`: first how much has come, 0 to 1, then one of the others.
 * @typedef {{ id: number } &
 *   ({ progress: number } | { outputs: Outputs } | { error: string })} Message
 */

/** @type {Promise<Runtime> | undefined} */
let runtime;
/** @type {Map<string, Promise<Ready>>} */
const sessions = new Map();

/**
 * A file's bytes, from this browser's store where it has them.
 * @param {string} address
 * @param {Tell} tell
 * @param {boolean} keep
 */
async function fetchBytes(address, tell, keep) {
  // The store exists on secure pages alone, and a private window may refuse it.
  const store = keep && self.caches ? await caches.open(STORE).catch(() => undefined) : undefined;
  const kept = await store?.match(address);
  const response = kept ?? (await fetch(address));
  if (!response.ok) throw new Error(`${new URL(address).pathname} answered ${response.status}`);
  const copy = store && !kept ? response.clone() : undefined;
  const parts = [];
  const body = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body);
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    tell(part.value.length);
  }
  if (store && copy) {
    for (const old of await store.keys()) if (old.url !== address) await store.delete(old);
    await store.put(address, copy).catch(() => {});
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * Inflated, unless the host's headers made the browser do so already.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function inflated(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {string} base
 * @param {Tell} tell
 */
async function loadRuntime(base, tell) {
  const binary = fetchBytes(
    new URL(`ort-wasm-simd-threaded.wasm.gz?v=${RUNTIME}`, base).href,
    tell,
    true,
  ).then(inflated);
  const address = new URL(`ort.wasm.bundle.min.mjs?v=${RUNTIME}`, base).href;
  const ort = /** @type {Runtime} */ (await import(address));
  ort.env.wasm.numThreads = 1; // more would need headers that a plain host does not send
  ort.env.wasm.wasmBinary = await binary;
  return ort;
}

/**
 * @param {Request} request
 * @param {Tell} tell
 * @returns {Promise<Ready>}
 */
async function session({ base, version, model }, tell) {
  const address = new URL(`models/${model}.onnx?v=${version}`, base).href;
  runtime ??= loadRuntime(base, tell);
  const [ort, bytes] = await Promise.all([runtime, fetchBytes(address, tell, false)]);
  return { ort, session: await ort.InferenceSession.create(bytes) };
}

/**
 * @param {Request} request
 * @param {Tell} tell
 * @returns {Promise<Outputs>}
 */
async function answer(request, tell) {
  const loading = sessions.get(request.model) ?? session(request, tell);
  sessions.set(request.model, loading);
  const { ort, session: ready } = await loading;
  const feeds = Object.fromEntries(
    Object.entries(request.inputs).map(([name, { data, dims }]) => [
      name,
      data instanceof BigInt64Array
        ? new ort.Tensor("int64", data, dims)
        : new ort.Tensor("float32", data, dims),
    ]),
  );
  const made = await ready.run(feeds);
  return Object.fromEntries(
    Object.entries(made).map(([name, { data, dims }]) => [
      name,
      { data: /** @type {Float32Array} */ (data), dims }, // every model of the book gives these
    ]),
  );
}

/** @param {Message} message */
const post = (message) => self.postMessage(message);

// One after the other: a session answers one question at a time.
let queue = Promise.resolve();
self.onmessage = (/** @type {MessageEvent<Request>} */ { data: request }) => {
  let loaded = 0;
  /** @type {Tell} */
  const tell = (bytes) => {
    loaded += bytes;
    post({ id: request.id, progress: Math.min(1, loaded / request.bytes) });
  };
  queue = queue.then(async () => {
    try {
      post({ id: request.id, outputs: await answer(request, tell) });
    } catch (error) {
      sessions.delete(request.model);
      runtime = sessions.size ? runtime : undefined;
      post({ id: request.id, error: /** @type {Error} */ (error).message });
    }
  });
};
