// What every widget shares: elements, controls, a voice for screen readers, and who answers.
//
// A widget's module ends with `export default live({ draw, answer })`. `draw` gets
//   body     the element to fill
//   options  what the chapter gave the widget
//   ask      async (question) => answer: the kernel's torch, or `answer` in a page without a kernel
//   say      (text): tells a screen reader what changed, once the reader's hand rests
//   fail     (error): shows what went wrong, in words
//   page     undefined in a notebook; in a page { base, progress }
// and may return a function that stops what it started. Reset calls that and draws anew, so what
// `draw` shows first must not depend on chance or on what was before.

const make =
  (namespace) =>
  (tag, attributes = {}, ...children) => {
    const node = document.createElementNS(namespace, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child != null));
    return node;
  };
/** An HTML element: h("button", { class: "x", onclick: act }, "text", child). */
export const h = make("http://www.w3.org/1999/xhtml");
/** An SVG element, in the same way. */
export const s = make("http://www.w3.org/2000/svg");

/** A name that no other element has: the count is the page's, since each module holds a copy of this file. */
export const unique = (word) =>
  `live-${word}-${(globalThis.liveCount = (globalThis.liveCount ?? 0) + 1)}`;

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function button(label, act, attributes = {}) {
  return h("button", { type: "button", class: "live-button", onclick: act, ...attributes }, label);
}

/** A labelled slider. `format` makes the text beside it, which screen readers hear too. */
export function slider({ label, min, max, step, value, format = String, change }) {
  const id = unique("slider");
  const input = h("input", { type: "range", id, min, max, step });
  input.value = value;
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
    get value() {
      return Number(input.value);
    },
    set value(number) {
      input.value = number;
      show();
    },
  };
}

/** One of a few: radio buttons in a row. `choices` are [value, text] pairs. */
export function choice({ label, choices, value, change }) {
  const name = unique("choice");
  const options = choices.map(([key, text]) => {
    const input = h("input", { type: "radio", name, value: key, onchange: () => change(key) });
    input.checked = key === value;
    return h("label", {}, input, h("span", {}, text));
  });
  return h("fieldset", { class: "live-choice" }, h("legend", {}, label), options);
}

/** A labelled line of text. */
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

/** A box to tick. */
export function check({ label, value, change }) {
  const input = h("input", { type: "checkbox", onchange: () => change(input.checked) });
  input.checked = value;
  return h("label", { class: "live-check" }, input, h("span", {}, label));
}

/** Steps 0 to `last`: back, next, play, and a slider over all. `show(step)` draws one. */
export function player({ label, last, show, pause = 900, start = 0 }) {
  let timer;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  const go = (step) => {
    bar.value = Math.max(0, Math.min(last, step));
    back.disabled = bar.value === 0;
    next.disabled = bar.value === last;
    show(bar.value);
  };
  const bar = slider({
    label,
    min: 0,
    max: last,
    step: 1,
    value: start,
    format: (step) => `${step} of ${last}`,
    change: (step) => (stop(), go(step)),
  });
  const back = button("Back", () => (stop(), go(bar.value - 1)));
  const next = button("Next", () => (stop(), go(bar.value + 1)));
  const play = button("Play", () => {
    if (timer) return stop();
    if (bar.value === last) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => (bar.value < last ? go(bar.value + 1) : stop()), pause);
  });
  const node = h(
    "div",
    { class: "live-player" },
    h("div", { class: "live-row" }, back, next, play),
    bar.node,
  );
  return { node, go, stop };
}

/** Ask one question at a time, always the newest: a dragging hand asks faster than torch answers. */
export function latest(ask, show, fail) {
  let waiting;
  let busy = false;
  return async (question) => {
    waiting = { question };
    if (busy) return;
    busy = true;
    while (waiting) {
      const now = waiting.question;
      waiting = undefined;
      try {
        const answer = await ask(now);
        if (!waiting) show(answer, now);
      } catch (error) {
        if (!waiting) fail(error);
      }
    }
    busy = false;
  };
}

const PATIENCE = 20_000;

function fromKernel(model) {
  let last = 0;
  const waiting = new Map();
  model.on("msg:custom", (reply) => {
    const { resolve, reject } = waiting.get(reply.id) ?? {};
    waiting.delete(reply.id);
    if (reply.error === undefined) resolve?.(reply.answer);
    else reject?.(new Error(reply.error));
  });
  return (question) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      model.send({ id, question });
      setTimeout(() => {
        if (waiting.delete(id))
          reject(new Error("The kernel does not answer. Run this cell again."));
      }, PATIENCE);
    });
}

export function live({ draw, answer }) {
  async function render({ model, el }) {
    const options = model.get("options");
    const page = model.page;
    const ask = page ? async (question) => answer(question, options, page) : fromKernel(model);
    const body = h("div", { class: "live-body" });
    const voice = h("p", { class: "live-voice", role: "status" });
    const trouble = h("p", { class: "live-trouble", role: "alert" });
    let resting;
    const say = (text) => {
      clearTimeout(resting);
      resting = setTimeout(() => (voice.textContent = text), 400);
    };
    const fail = (error) => {
      trouble.textContent = error ? (error.message ?? String(error)) : "";
    };
    let stop;
    const start = async () => {
      stop?.();
      clearTimeout(resting);
      fail();
      voice.textContent = "";
      body.replaceChildren();
      stop = await draw({ body, options, ask, say, fail, page });
    };
    const again = () => start().then(() => say("Reset."), fail);
    const head = h(
      "div",
      { class: "live-head" },
      h("strong", {}, options.title),
      button("Reset", again),
    );
    el.replaceChildren(
      h("section", { class: "live-box", "aria-label": options.title }, head, body, trouble, voice),
    );
    await start();
    return () => stop?.();
  }
  return { render };
}
