// Beside each chapter in the list: how many of its quiz questions this reader has answered right,
// and a tick once it is all. PROGRESS_MODULE (put here by the build) says where that is kept.
{
  ("PROGRESS_MODULE");
  const QUIZZES = "QUIZ_IDS"; // the ids of the questions, by chapter
  const nameOf = (link) =>
    new URL(link.getAttribute("href"), location.href).pathname
      .split("/")
      .pop()
      .replace(/\.html$/, "");
  const span = (text, name, hidden) => {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = text;
    if (hidden) made.setAttribute("aria-hidden", "true");
    return made;
  };

  const showTicks = (right) => {
    document.querySelectorAll(".lt-tick").forEach((tick) => tick.remove());
    for (const link of document.querySelectorAll(".sidebar-tree a.reference")) {
      const ids = QUIZZES[nameOf(link)] ?? [];
      const done = ids.filter((id) => right[nameOf(link)]?.includes(id)).length;
      if (!done) continue;
      const all = done === ids.length;
      const tick = span("", "lt-tick", false);
      const told = all ? `all ${done} questions` : `${done} of ${ids.length} questions`;
      tick.append(
        span(all ? "✓" : `${done} of ${ids.length}`, "", true),
        span(` (quiz: ${told} answered right)`, "live-voice", false),
      );
      link.append(tick);
    }
    for (const place of document.querySelectorAll("[data-lt-progress]")) {
      const count = Object.entries(QUIZZES).flatMap(([quiz, ids]) =>
        ids.filter((id) => right[quiz]?.includes(id)),
      ).length;
      const text =
        count === 0
          ? "Nothing is kept now."
          : `Kept now: ${count} question${count === 1 ? "" : "s"} answered right.`;
      place.querySelector("[role=status]").textContent = text;
      place.hidden = false;
    }
  };

  showTicks(progress());
  // This page's quiz tells what it changed; another tab's is in the storage.
  addEventListener(PROGRESS_CHANGED, ({ detail }) => showTicks(detail));
  addEventListener("storage", () => showTicks(progress()));
  addEventListener("pageshow", ({ persisted }) => persisted && showTicks(progress()));
  for (const button of document.querySelectorAll("[data-lt-progress] button"))
    button.onclick = forget;
}
