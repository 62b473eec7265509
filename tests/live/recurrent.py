"""A small runtime for node in the place of onnxruntime-web: it computes a plain recurrent model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from livetorch.models.sequences import SequenceModel

# It takes what a page's runtime takes, and refuses what onnxruntime would.
RUNTIME = """
const { embedding, ih, hh, bias, head, base, steps, name } = WEIGHTS;
const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, w, i) => sum + w * vector[i], 0));
const check = (right, words) => {
  if (!right) throw new Error(words);
};
export async function run(page, model, { tokens, state }) {
  check(model === name, `there is no model ${model}`);
  check(tokens.data instanceof BigInt64Array, "tokens must be int64");
  check(String(tokens.dims) === `1,${steps}`, "tokens must be (1, T)");
  check(tokens.data.length === steps, "tokens must be T numbers");
  check(!state || state.data instanceof Float32Array, "state must be float32");
  check(!state || String(state.dims) === `1,1,${bias.length}`, "state must be (1, 1, H)");
  let hidden = state ? [...state.data] : bias.map(() => 0);
  const logits = [];
  for (const token of tokens.data) {
    const [input, past] = [times(ih, embedding[Number(token)]), times(hh, hidden)];
    hidden = bias.map((b, i) => Math.tanh(input[i] + past[i] + b));
    logits.push(...times(head, hidden).map((value, i) => value + base[i]));
  }
  const made = { logits: { data: Float32Array.from(logits), dims: [1, steps, base.length] } };
  if (state) made.next_state = { data: Float32Array.from(hidden), dims: state.dims };
  return made;
}
"""


def pretend_runtime(folder: Path, name: str, model: SequenceModel, steps: int) -> dict[str, Any]:
    """What a module is told of its page, whose exported model ``name`` takes ``steps`` tokens.

    ``model`` has the layer "rnn", so that a few lines compute it.
    """
    layer = dict(model.layer.named_parameters())
    weights = {
        "embedding": model.embedding.weight.tolist(),
        "ih": layer["weight_ih_l0"].tolist(),
        "hh": layer["weight_hh_l0"].tolist(),
        "bias": (layer["bias_ih_l0"] + layer["bias_hh_l0"]).tolist(),
        "head": model.head.weight.tolist(),
        "base": model.head.bias.tolist(),
        "steps": steps,
        "name": name,
    }
    text = RUNTIME.replace("WEIGHTS", json.dumps(weights))
    (folder / "runtime.mjs").write_text(text, encoding="utf-8")
    return {"base": f"{folder.as_uri()}/", "version": "1"}
