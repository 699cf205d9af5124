"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const list = document.getElementById("clips");
  const field = (id) => document.getElementById(id);
  const clips = Array.from(list.children, (node) => ({
    node,
    order: Number(node.dataset.order),
    id: node.dataset.id,
    score: node.dataset.score === undefined ? null : Number(node.dataset.score),
    pick: node.dataset.pick,
    split: node.dataset.split,
    flags: node.dataset.flags.split(" "),
    words: Array.from(node.querySelectorAll(".outside, .text, .id, .tag"), (part) => part.textContent)
      .join("\n")
      .toLowerCase(),
  }));

  const byScore = (sign) => (a, b) => {
    if (a.score === null || b.score === null) return (a.score === null) - (b.score === null);
    return sign * (a.score - b.score);
  };
  const orders = {
    order: () => 0,
    rising: byScore(1),
    falling: byScore(-1),
    id: (a, b) => (a.id < b.id ? -1 : 1),
  };

  function update() {
    const wanted = field("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const pick = field("pick").value;
    const split = field("split").value;
    const flag = field("flag").value;
    let shown = 0;
    for (const clip of clips) {
      const fits =
        (!pick || clip.pick === pick) &&
        (!split || clip.split === split) &&
        (!flag || clip.flags.includes(flag)) &&
        wanted.every((word) => clip.words.includes(word));
      clip.node.hidden = !fits;
      shown += fits;
    }
    const order = orders[field("sort").value];
    list.append(...clips.toSorted((a, b) => order(a, b) || a.order - b.order).map((clip) => clip.node));
    field("shown").value = `${shown} of ${clips.length} clips`;
    field("none").hidden = shown > 0;
  }

  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    field("search").focus();
  });
  document.addEventListener(
    "play",
    (event) => {
      for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
    },
    true,
  );
  update();
})();
