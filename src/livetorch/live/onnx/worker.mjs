// The worker behind runtime.mjs: loads onnxruntime-web and models, each once, and runs them. A page
// stays quick meanwhile.
const RUNTIME = "ORT_VERSION";
const STORE = "livetorch-runtime";
let runtime;
const sessions = new Map();

/** A file's bytes, from this browser's store where it has them; tell(bytes) counts them. */
async function fetchBytes(address, tell, keep) {
  // The store exists on secure pages alone, and a private window may refuse it.
  const store = keep && self.caches ? await caches.open(STORE).catch(() => undefined) : undefined;
  const kept = await store?.match(address);
  const response = kept ?? (await fetch(address));
  if (!response.ok) throw new Error(`${new URL(address).pathname} answered ${response.status}`);
  const copy = store && !kept ? response.clone() : undefined;
  const parts = [];
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    tell(part.value.length);
  }
  if (copy) {
    for (const old of await store.keys()) if (old.url !== address) await store.delete(old);
    await store.put(address, copy).catch(() => {});
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Inflated, unless the host's headers made the browser do so already. */
async function inflated(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function loadRuntime(base, tell) {
  const binary = fetchBytes(
    new URL(`ort-wasm-simd-threaded.wasm.gz?v=${RUNTIME}`, base).href,
    tell,
    true,
  ).then(inflated);
  const ort = await import(new URL(`ort.wasm.bundle.min.mjs?v=${RUNTIME}`, base));
  ort.env.wasm.numThreads = 1; // more would need headers that a plain host does not send
  ort.env.wasm.wasmBinary = await binary;
  return ort;
}

async function session({ base, version, model }, tell) {
  const address = new URL(`models/${model}.onnx?v=${version}`, base).href;
  runtime ??= loadRuntime(base, tell);
  const [ort, bytes] = await Promise.all([runtime, fetchBytes(address, tell, false)]);
  return { ort, session: await ort.InferenceSession.create(bytes) };
}

async function answer(request, tell) {
  if (!sessions.has(request.model)) sessions.set(request.model, session(request, tell));
  const { ort, session: ready } = await sessions.get(request.model);
  const feeds = Object.fromEntries(
    Object.entries(request.inputs).map(([name, { data, dims }]) => [
      name,
      new ort.Tensor(data instanceof BigInt64Array ? "int64" : "float32", data, dims),
    ]),
  );
  const made = await ready.run(feeds);
  return Object.fromEntries(
    Object.entries(made).map(([name, { data, dims }]) => [name, { data, dims }]),
  );
}

// One after the other: a session answers one question at a time.
let queue = Promise.resolve();
self.onmessage = ({ data: request }) => {
  let loaded = 0;
  const tell = (bytes) => {
    loaded += bytes;
    self.postMessage({ id: request.id, progress: Math.min(1, loaded / request.bytes) });
  };
  queue = queue.then(async () => {
    try {
      self.postMessage({ id: request.id, outputs: await answer(request, tell) });
    } catch (error) {
      sessions.delete(request.model);
      runtime = sessions.size ? runtime : undefined;
      self.postMessage({ id: request.id, error: error.message });
    }
  });
};
