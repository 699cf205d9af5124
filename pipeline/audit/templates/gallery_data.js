"use strict";

// What lies beside the page: scripts that each hand over JSON, since a page that is opened from
// disk may load nothing else.
const files = (() => {
  const kept = new Map();
  const KEPT = 6;
  let arrived = null;
  let digest = null;

  globalThis.framesong = (content) => {
    arrived = content;
  };

  function load(part) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `data/${part}.js`;
      script.onload = () => {
        const content = arrived;
        arrived = null;
        script.remove();
        if (content?.part !== part) reject(new Error(`data/${part}.js is damaged.`));
        else if (digest !== null && content.digest !== digest)
          reject(new Error(`data/${part}.js is of another report: load this page again.`));
        else resolve(content);
      };
      script.onerror = () => {
        script.remove();
        reject(new Error(`data/${part}.js cannot be read: was the folder copied whole?`));
      };
      document.head.append(script);
    });
  }

  // Texts take about 1 MB a part: only the parts used last stay.
  function clips(number) {
    const found = kept.get(number) ?? load(`clips-${String(number).padStart(4, "0")}`).then((part) => part.clips);
    kept.delete(number);
    kept.set(number, found);
    found.catch(() => kept.delete(number));
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return found;
  }

  async function index() {
    const content = await load("index");
    digest = content.digest;
    return columns(content);
  }

  function columns(index) {
    const numbers = (values) => Float64Array.from(values, (value) => value ?? NaN);
    let before = "";
    const ids = index.rest.map((rest, place) => (before = before.slice(0, index.shared[place]) + rest));
    const picks = new Uint32Array(index.clips);
    index.picks.forEach(([, place], order) => (picks[place] = order + 1));
    return {
      ...index,
      ids,
      pickOrder: picks,
      pickOf: (place) => (picks[place] ? index.picks[picks[place] - 1][0] : null),
      flags: Uint8Array.from(index.flags),
      words: numbers(index.words),
      tokens: numbers(index.tokens),
      scores: index.scores.map((column) => ({
        ...column,
        values: numbers(column.values).map((value) => value / column.scale),
      })),
    };
  }

  return { index, clips };
})();
