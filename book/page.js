// Blocks that scroll sideways must be reachable with the keyboard; those that do not must not be in
// its way. Which ones scroll depends on the width of the window.
const letKeyboardScroll = () => {
  /** @type {NodeListOf<HTMLElement>} */
  const blocks = document.querySelectorAll("article pre, .lt-figure, div.math, .table-wrapper");
  for (const block of blocks) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
};
addEventListener("load", letKeyboardScroll);
addEventListener("resize", letKeyboardScroll);
addEventListener("toggle", letKeyboardScroll, true);
