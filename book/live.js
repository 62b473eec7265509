// Brings the widgets of a page to life. Light ones load their module when they come near the
// screen; those that need a runtime or a model wait for a click on a button that says the size.
/** @typedef {import("../src/livetorch/live/frame/frame.mjs").Page} Page */
/** @typedef {{ default: ReturnType<typeof import("../src/livetorch/live/frame/frame.mjs").live> }}
 *   LiveModule */
{
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const base = new URL("live/", script.src);
  const version = "LIVE_VERSION";
  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {string} name
   * @param {string} text
   */
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    return node;
  };

  /** @type {(box: HTMLElement, progress?: Page["progress"]) => Promise<void>} */
  const start = async (box, progress) => {
    const here = make("div", "live-here", "");
    const json = box.querySelector('script[type="application/json"]');
    const options = JSON.parse(json?.textContent ?? "");
    /** @type {Page} */
    const page = {
      base,
      version,
      progress,
      bytes: Number(box.dataset.bytes ?? box.dataset.laterBytes),
      missing: box.dataset.laterMissing,
    };
    const address = new URL(`${box.dataset.live}.mjs?v=${version}`, base).href;
    const { default: widget } = /** @type {LiveModule} */ (await import(address));
    box.append(here);
    try {
      await widget.render({ el: here, model: { get: () => options, page } });
    } catch (error) {
      here.remove();
      throw error;
    }
    box.classList.add("live-on");
  };

  const note = (/** @type {HTMLElement} */ box) => {
    const p = make("p", "live-note", "");
    p.setAttribute("role", "status");
    box.append(p);
    return p;
  };

  const nameOf = (/** @type {HTMLElement} */ box) =>
    box.dataset.live === "quiz" ? "This quiz" : "This figure";
  const retry = "Is there a connection? Press the button to try again.";
  const inFile =
    "browsers load no modules from files. Say make serve in the book's folder, " +
    "or python -m http.server in this page's.";

  const light = (/** @type {HTMLElement} */ box) => {
    start(box).catch((error) => {
      const message = note(box);
      const again = make("button", "live-button", "Try again");
      again.onclick = () => {
        message.remove();
        light(box);
      };
      message.append(`${nameOf(box)} could not be loaded (${error.message}). `, again);
    });
  };

  const heavy = (/** @type {HTMLElement} */ box) => {
    const size = (Number(box.dataset.bytes) / 1e6).toFixed(1);
    const button = make("button", "live-button", `Start it here (${size} MB)`);
    const message = note(box);
    box.insertBefore(button, message);
    button.onclick = async () => {
      button.disabled = true;
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", "Loading");
      message.replaceChildren("Loading. ", bar);
      try {
        await start(box, (part) => {
          bar.value = part;
        });
        button.remove();
        message.remove();
        /** @type {HTMLElement | null} */
        const widget = box.querySelector(".live-box");
        widget?.setAttribute("tabindex", "-1");
        widget?.focus({ preventScroll: true });
      } catch (error) {
        button.disabled = false;
        const reason = /** @type {Error} */ (error).message;
        message.textContent = `It could not be loaded (${reason}). ${retry}`;
      }
    };
  };

  /** @type {NodeListOf<HTMLElement>} */
  const boxes = document.querySelectorAll(".live");
  if (location.protocol === "file:") {
    for (const box of boxes) {
      const missing = `${nameOf(box)} comes alive when the page comes from a server`;
      note(box).textContent = `${missing}: ${inFile}`;
    }
  } else {
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          light(/** @type {HTMLElement} */ (target));
        }
      },
      { rootMargin: "800px" },
    );
    for (const box of boxes) {
      if (box.dataset.missing) note(box).textContent = box.dataset.missing;
      else if (box.dataset.bytes) heavy(box);
      else near.observe(box);
    }
  }
}
