"use strict";

// Which clips fit the form, and in which order.
function fitting(index, wanted, found, marked) {
  const tests = [];
  const numberOf = (names, name) => names.indexOf(name);
  if (wanted.get("pick") === "*") tests.push((place) => index.pickOrder[place] > 0);
  else if (wanted.get("pick")) tests.push((place) => index.pickOf(place) === wanted.get("pick"));
  for (const [name, names] of [["split", index.splits], ["source", index.sources]]) {
    if (!wanted.has(name)) continue;
    const number = numberOf(names, wanted.get(name).slice(1));
    tests.push((place) => index[name][place] === number);
  }
  if (wanted.has("rule")) {
    const rule = wanted.get("rule");
    const number = numberOf(index.rules, rule.slice(1));
    const fits = index.brokenSets.map((rules) =>
      rule === "any" ? rules.length > 0 : rule === "none" ? rules.length === 0 : rules.includes(number),
    );
    tests.push((place) => fits[index.broken[place]]);
  }
  for (const [name, flag] of [["truncated", FLAG.truncated], ["missing", FLAG.missing], ["sound", FLAG.audio]]) {
    if (wanted.has(name)) tests.push((place) => index.flags[place] & flag);
  }
  const column = index.scores[Number(wanted.get("score") ?? index.ranking ?? 0)];
  for (const [name, sign] of [["min", 1], ["max", -1]]) {
    const limit = parseFloat(wanted.get(name));
    if (column && !Number.isNaN(limit)) tests.push((place) => sign * column.values[place] >= sign * limit);
  }
  if (wanted.has("marked")) tests.push((place) => marked.has(place));
  if (found) tests.push((place) => found[place]);
  const places = [];
  for (let place = 0; place < index.clips; place++) if (tests.every((fits) => fits(place))) places.push(place);
  return places;
}

// Clips without a value come last in either order; equal ones by id.
function sorted(places, index, wanted) {
  const sort = wanted.get("sort");
  const sign = wanted.get("order") === "down" ? -1 : 1;
  if (sort === "id") return sign > 0 ? places : places.reverse();
  const values = sort === undefined ? index.pickOrder : sort.startsWith("s") ? index.scores[Number(sort.slice(1))]?.values : index[sort];
  const keys = new Float64Array(index.clips).fill(Infinity);
  for (const place of places) {
    const value = values?.[place] ?? NaN;
    if (!Number.isNaN(value) && (sort !== undefined || value > 0)) keys[place] = sign * value;
  }
  return places.sort((a, b) => keys[a] - keys[b] || a - b);
}

const PARTS_PER_STEP = 8;

// Looks through all texts, part by part; `report` learns of each step and says whether to go on.
async function search(words, index, report) {
  const found = new Uint8Array(index.clips);
  const parts = Math.ceil(index.clips / index.perPart);
  const troubles = [];
  let next = files.clips(0);
  for (let part = 0; part < parts; part++) {
    const clips = await next.catch((error) => (troubles.push(error), []));
    if (part + 1 < parts) next = files.clips(part + 1);
    clips.forEach((clip, offset) => {
      const place = part * index.perPart + offset;
      const text = textOf(clip, index.ids[place]);
      found[place] = words.every((word) => text.includes(word));
    });
    if ((part + 1) % PARTS_PER_STEP && part + 1 < parts) continue;
    if (!(await report(found, (part + 1) / parts, troubles))) return;
  }
}

function textOf(clip, id) {
  const texts = [id, clip.title ?? "", clip.artist ?? ""];
  for (const [, text] of clip.prompts) texts.push(text);
  for (const [, , text] of clip.answers) texts.push(text);
  for (const [, text] of clip.music) texts.push(text);
  return texts.join("\n").toLowerCase();
}
