// Brings the widgets of a page to life. Light ones load their module when they come near the
// screen; those that need a runtime or a model wait for a click on a button that says the size.
{
  const base = new URL("live/", document.currentScript.src);
  const version = "LIVE_VERSION";
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    return node;
  };

  const start = async (box, progress) => {
    const here = make("div", "live-here", "");
    const options = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
    const { default: widget } = await import(new URL(`${box.dataset.live}.mjs?v=${version}`, base));
    box.append(here);
    try {
      await widget.render({
        el: here,
        model: {
          get: () => options,
          page: { base, version, progress, bytes: Number(box.dataset.bytes) },
        },
      });
    } catch (error) {
      here.remove();
      throw error;
    }
    box.classList.add("live-on");
  };

  const note = (box) => {
    const p = make("p", "live-note", "");
    p.setAttribute("role", "status");
    box.append(p);
    return p;
  };

  const what = (box) => (box.dataset.live === "quiz" ? "This quiz" : "This figure");

  const light = (box) => {
    start(box).catch((error) => {
      const told = note(box);
      const again = make("button", "live-button", "Try again");
      again.onclick = () => (told.remove(), light(box));
      told.append(`${what(box)} could not be loaded (${error.message}). `, again);
    });
  };

  const heavy = (box) => {
    const size = (Number(box.dataset.bytes) / 1e6).toFixed(1);
    const button = make("button", "live-button", `Start it here (${size} MB)`);
    const told = note(box);
    box.insertBefore(button, told);
    button.onclick = async () => {
      button.disabled = true;
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", "Loading");
      told.replaceChildren("Loading. ", bar);
      try {
        await start(box, (part) => (bar.value = part));
        button.remove();
        told.remove();
        box.querySelector(".live-box")?.setAttribute("tabindex", "-1");
        box.querySelector(".live-box")?.focus({ preventScroll: true });
      } catch (error) {
        button.disabled = false;
        told.textContent = `It could not be loaded (${error.message}). Is there a connection? Press the button to try again.`;
      }
    };
  };

  const boxes = [...document.querySelectorAll(".live")];
  if (location.protocol === "file:") {
    for (const box of boxes) {
      note(box).textContent =
        `${what(box)} comes alive when the page comes from a server: browsers load no modules from files. Say make serve in the book's folder, or python -m http.server in this page's.`;
    }
  } else {
    const near = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          near.unobserve(target);
          light(target);
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
