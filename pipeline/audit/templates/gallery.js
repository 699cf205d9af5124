"use strict";
(async () => {
  const PER_PAGE = 24;
  const TYPING_MS = 300;
  const at = (id) => document.getElementById(id);
  const number = (count) => count.toLocaleString("en");
  if (!at("looking")) return;
  const [form, list] = [at("choices"), at("clips")];

  let index;
  try {
    index = await files.index();
  } catch (error) {
    complain(error.message);
    return;
  }
  const marks = marksOf(index);
  const view = { places: [], page: 1, draws: 0, words: "", found: null, searches: 0, searching: false, typing: false };

  function complain(text) {
    at("trouble").textContent = text;
    at("trouble").hidden = !text;
  }

  function offer() {
    const add = (field, options) => at(field).append(...options.map(([value, name]) => element("option", { value }, name)));
    const named = (words) => words.map((word) => [`:${word}`, word || "(not listed)"]);
    const columns = index.scores.map((column) => nameOf(column, index.scores));
    add("pick", [...new Set(index.picks.map(([pick]) => pick))].map((pick) => [pick, pick]));
    add("split", named(index.splits));
    add("source", named(index.sources));
    add("rule", named(index.rules).map(([value, name]) => [value, `breaks ${name.replaceAll("_", " ")}`]));
    add("score", columns.map((name, place) => [place === (index.ranking ?? 0) ? "" : place, name]));
    add("sort", columns.map((name, place) => [`s${place}`, name]));
    at("score").value = "";
    at("score").closest("fieldset").hidden = columns.length === 0;
    at("context").textContent = index.context;
  }

  // The form's filled fields by name: what filters read, and what the address holds.
  const wanted = () => new Map([...new FormData(form)].filter(([, value]) => value !== ""));

  function address() {
    const parts = new URLSearchParams([...wanted(), ...(view.page > 1 ? [["page", view.page]] : [])]);
    return parts.size ? `#gallery?${parts}` : "#gallery";
  }

  // Back leads to the view before; while somebody types there is one step, not one a letter.
  function remember(typing = false) {
    const again = typing && view.typing;
    view.typing = typing;
    if (address() === location.hash || (address() === "#gallery" && !location.hash.startsWith("#gallery?"))) return;
    history[again ? "replaceState" : "pushState"](null, "", address());
  }

  function restore() {
    const [place, parts] = location.hash.split(/\?(.*)/s);
    if (place !== "#gallery" && place !== "") return false;
    const given = new URLSearchParams(parts ?? "");
    for (const field of [...form.elements].filter((each) => each.name)) {
      const value = given.get(field.name) ?? "";
      if (field.type === "checkbox") field.checked = value === "on";
      else if (field.localName !== "select" || [...field.options].some((each) => each.value === value)) field.value = value;
      else field.value = "";
    }
    view.page = Math.max(1, parseInt(given.get("page"), 10) || 1);
    return place !== "";
  }

  function arrange() {
    view.places = sorted(fitting(index, wanted(), view.found, marks), index, wanted());
    return turn(view.page);
  }

  function turn(page) {
    const pages = Math.max(1, Math.ceil(view.places.length / PER_PAGE));
    view.page = Math.min(Math.max(1, page || 1), pages);
    const first = (view.page - 1) * PER_PAGE;
    const places = view.places.slice(first, first + PER_PAGE);
    const [some, all] = [number(view.places.length), number(index.clips)];
    const range = places.length ? `${number(first + 1)}\u2013${number(first + places.length)} of ` : "";
    at("shown").value = `${range}${some === all ? all : `${some} found among ${all}`} clips`;
    at("none").hidden = places.length > 0 || view.searching;
    at("page").value = view.page;
    at("page").max = pages;
    at("pages").textContent = `of ${number(pages)}`;
    at("previous").disabled = view.page === 1;
    at("next").disabled = view.page === pages;
    tally();
    return draw(places);
  }

  async function draw(places) {
    const run = ++view.draws;
    list.setAttribute("aria-busy", "true");
    const partOf = (place) => Math.floor(place / index.perPart);
    const parts = new Map(places.map((place) => [partOf(place), null]));
    for (const part of parts.keys()) parts.set(part, files.clips(part));
    const cards = places.map((place) =>
      parts.get(partOf(place)).then(
        (clips) => card(clips[place % index.perPart], place, index, marks.has(place)),
        (error) => unreadable(place, index, error),
      ),
    );
    const drawn = await Promise.all(cards);
    if (run !== view.draws) return;
    list.replaceChildren(...drawn);
    list.setAttribute("aria-busy", "false");
  }

  function tally() {
    at("count").textContent = `${number(marks.size())} marked`;
    at("mark-all").textContent = `Mark all ${number(view.places.length)} found`;
    at("mark-all").disabled = view.places.length === 0;
    at("clear").disabled = at("download").disabled = marks.size() === 0;
    at("undo").hidden = !marks.undoable();
    for (const box of list.querySelectorAll(".mark")) box.checked = marks.has(placeOf(box));
  }

  const placeOf = (node) => Number(node.closest(".clip").dataset.place);

  // Everything that the form asks for: a search first, if its words are new.
  async function refresh() {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.join(" ") === view.words) return arrange();
    view.words = words.join(" ");
    const run = ++view.searches;
    view.found = words.length ? new Uint8Array(index.clips) : null;
    hunting(words.length > 0);
    complain("");
    if (!words.length) return arrange();
    await search(words, index, async (found, share, troubles) => {
      if (run !== view.searches) return false;
      view.found = found;
      at("progress").value = share;
      if (share === 1) hunting(false);
      if (share === 1 || view.places.length < PER_PAGE) await arrange();
      if (troubles.length) complain(`Not searched: ${troubles[0].message}`);
      return run === view.searches;
    });
  }

  function hunting(on) {
    view.searching = on;
    at("searching").hidden = !on;
    at("progress").value = 0;
  }

  function stop() {
    if (!view.searching) return;
    view.searches++;
    hunting(false);
    complain("The search was stopped: there may be more.");
    arrange();
  }

  function change(typing = false) {
    view.page = 1;
    remember(typing);
    return refresh();
  }

  async function leaf(by, focusAt = null) {
    const before = view.page;
    const drawn = turn(view.page + by);
    if (view.page === before) return;
    remember();
    await drawn;
    if (focusAt === null) at("bar").scrollIntoView({ block: "start" });
    else list.children[focusAt < 0 ? list.children.length - 1 : focusAt]?.focus();
  }

  function download() {
    const link = URL.createObjectURL(new Blob([marks.file()], { type: "text/plain" }));
    element("a", { href: link, download: "marked-clips.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(link), 60_000);
  }

  function step(by) {
    const cards = [...list.children];
    const now = cards.indexOf(document.activeElement.closest(".clip"));
    const next = now < 0 ? 0 : now + by;
    if (next < 0) leaf(-1, -1);
    else if (next >= cards.length) leaf(1, 0);
    else cards[next]?.focus();
  }

  function onCurrent(selector) {
    const node = document.activeElement.closest(".clip")?.querySelector(selector);
    if (selector === ".mark") node?.click();
    else if (node) node.paused ? node.play() : node.pause();
    return Boolean(node);
  }

  const keys = {
    "/": () => at("search").focus(),
    j: () => step(1),
    k: () => step(-1),
    m: () => onCurrent(".mark"),
    " ": () => onCurrent("audio"),
    ArrowLeft: () => leaf(-1),
    ArrowRight: () => leaf(1),
  };

  // Keys are the gallery's while it is in sight and nothing else takes them.
  function press(event) {
    const taken = event.target.closest("input, select, textarea, button, summary, audio, a");
    if (event.key === "Escape") return stop();
    if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
    if (taken && !(taken.matches(".mark") && event.key !== " ")) return;
    if (event.target !== document.body && !at("gallery").contains(event.target)) return;
    const box = at("gallery").getBoundingClientRect();
    if (event.key !== "/" && (box.top > innerHeight || box.bottom < 0)) return;
    if (keys[event.key]() !== false) event.preventDefault();
  }

  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    const typing = event.target.matches("[type=search], [type=number]");
    waiting = setTimeout(() => change(typing), typing ? TYPING_MS : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(change));
  at("page").addEventListener("change", (event) => leaf(parseInt(event.target.value, 10) - view.page || 0, 0));
  at("previous").addEventListener("click", () => leaf(-1));
  at("next").addEventListener("click", () => leaf(1));
  at("cancel").addEventListener("click", stop);
  at("mark-all").addEventListener("click", () => (marks.add(view.places), tally()));
  at("clear").addEventListener("click", () => (marks.clear(), tally()));
  at("undo").addEventListener("click", () => (marks.undo(), tally()));
  at("download").addEventListener("click", download);
  list.addEventListener("change", (event) => {
    marks.set(placeOf(event.target), event.target.checked);
    tally();
  });
  document.addEventListener("keydown", press);
  document.addEventListener(
    "play",
    (event) => {
      for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
    },
    true,
  );
  addEventListener("popstate", () => {
    if (location.hash === "" || location.hash.startsWith("#gallery")) {
      restore();
      refresh();
    }
  });
  addEventListener("beforeprint", () => {
    for (const image of list.querySelectorAll("img")) image.loading = "eager";
  });

  offer();
  const linked = restore() && location.hash !== "#gallery";
  at("looking").hidden = false;
  await refresh();
  if (linked) at("gallery").scrollIntoView();
})();
