"use strict";

// Charts by pointer and by keyboard: arrow keys walk through a chart's marks, and what is known of
// each is shown, and read out where a screen reader listens. The charts themselves need no script.
(() => {
  const NEAR = 16; // pixels from a mark at which a pointer finds it: low bars are hard to hit

  const tip = document.createElement("p");
  tip.id = "tip";
  tip.setAttribute("role", "status");
  const hint = document.createElement("p");
  hint.id = "chart-keys";
  hint.className = "unseen";
  hint.textContent = "Arrow keys read the chart's marks, Escape leaves them.";
  document.body.append(tip, hint);
  let at = null;

  function leave() {
    at?.classList.remove("at");
    at = null;
    tip.textContent = "";
  }

  function show(mark) {
    if (mark === at) return;
    at?.classList.remove("at");
    at = mark;
    at.classList.add("at");
    tip.textContent = at.getAttribute("aria-label");
    const box = at.getBoundingClientRect();
    const middle = box.left + box.width / 2 - tip.offsetWidth / 2;
    const last = document.documentElement.clientWidth - tip.offsetWidth - 4;
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(4, Math.min(middle, last)) + window.scrollX}px`;
    tip.style.top = `${(above > 4 ? above : box.bottom + 8) + window.scrollY}px`;
  }

  const marksOf = (chart) => [...chart.querySelectorAll("[aria-label]")];

  function distance(mark, x, y) {
    const box = mark.getBoundingClientRect();
    return Math.hypot(
      Math.max(box.left - x, 0, x - box.right),
      Math.max(box.top - y, 0, y - box.bottom),
    );
  }

  function point(event) {
    let [nearest, least] = [null, NEAR];
    for (const mark of marksOf(event.currentTarget)) {
      const away = distance(mark, event.clientX, event.clientY);
      if (away <= least) [nearest, least] = [mark, away];
    }
    if (nearest) show(nearest);
    else leave();
  }

  function walk(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") leave();
    const marks = marksOf(event.currentTarget);
    const now = marks.indexOf(at);
    const last = marks.length - 1;
    const back = now < 0 ? last : now - 1;
    const places = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: back, ArrowUp: back, Home: 0, End: last };
    const next = places[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    show(marks[Math.max(0, Math.min(next, last))]);
  }

  for (const chart of document.querySelectorAll("svg.drawing")) {
    chart.setAttribute("aria-describedby", hint.id);
    chart.addEventListener("keydown", walk);
    chart.addEventListener("blur", leave);
    chart.addEventListener("pointermove", point);
    chart.addEventListener("pointerdown", point);
    chart.addEventListener("pointerleave", leave);
  }
})();
