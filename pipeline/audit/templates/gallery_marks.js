"use strict";

// Marked clips, kept by the browser for as long as the dataset stays the same.
function marksOf(index) {
  const key = `framesong-marks:${index.digest}`;
  const marked = new Set(read());
  let before = null;

  function read() {
    try {
      const ids = new Set(JSON.parse(localStorage.getItem(key) ?? "[]"));
      return ids.size ? index.ids.flatMap((id, place) => (ids.has(id) ? [place] : [])) : [];
    } catch {
      return []; // where the browser keeps nothing for files
    }
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify(ids()));
    } catch {
      // The marks last as long as the page.
    }
  }

  const ids = () => [...marked].sort((a, b) => a - b).map((place) => index.ids[place]);

  function replace(places) {
    marked.clear();
    for (const place of places) marked.add(place);
    keep();
  }

  return {
    has: (place) => marked.has(place),
    size: () => marked.size,
    undoable: () => before !== null,
    set(place, on) {
      before = null;
      if (on) marked.add(place);
      else marked.delete(place);
      keep();
    },
    add(places) {
      const now = [...marked];
      replace([...now, ...places]);
      before = now;
    },
    clear() {
      const now = [...marked];
      replace([]);
      before = now;
    },
    undo() {
      if (before !== null) replace(before);
      before = null;
    },
    file() {
      const usable = ids().filter((id) => /^[A-Za-z0-9_-]{1,200}$/.test(id));
      return [`# ${usable.length} clips of the dataset with content digest ${index.digest}`, ...usable, ""].join("\n");
    },
  };
}
