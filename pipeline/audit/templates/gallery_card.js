"use strict";

// One clip as elements. Texts from outside become text nodes, never markup.
const FLAG = { truncated: 1, missing: 2, frame: 4, audio: 8 };

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const fixed = (value) => value.toFixed(3).replace("-", "\u2212");
const bdi = (text, name = null) => element("bdi", { class: name }, text);

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function nameOf(column, columns) {
  const subject = column.subject.replace("answer:", "answer: ").replace("music_caption", "music caption");
  const name = `${column.metric.replaceAll("_", " ")}, ${subject}`;
  const alike = columns.filter((each) => each.metric === column.metric && each.subject === column.subject);
  return alike.length > 1 ? `${name} (${column.step})` : name;
}

function gauge(column, value) {
  const width = column.greatest - column.least;
  const place = width ? Math.min(Math.max((100 * (value - column.least)) / width, 0), 100) : 50;
  const draw = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = draw("svg", { class: "gauge", width: 60, height: 9, "aria-hidden": "true" });
  svg.append(
    draw("line", { x1: 0, x2: "100%", y1: 4.5, y2: 4.5 }),
    draw("circle", { cx: `${place.toFixed(1)}%`, cy: 4.5, r: 3.5 }),
  );
  return svg;
}

function promptText(text, marks) {
  const points = Array.from(text); // marks count characters, not UTF-16 units
  const between = (start, end) => points.slice(start, end).join("");
  const parts = [];
  let done = 0;
  for (const [start, end, rule] of marks) {
    parts.push(between(done, start), element("mark", { title: rule }, between(start, end)));
    done = end;
  }
  const shown = parts.length ? [...parts, between(done)] : [text || "(empty)"];
  return element("p", { class: "prompt text", dir: "auto" }, ...shown);
}

function media(clip, place, index, mark) {
  const [width, height] = clip.size;
  const picture = clip.frame
    ? element("img", {
        src: clip.frame,
        alt: `Frame at ${clock(clip.frameAt)}`,
        width,
        height,
        loading: "lazy",
        decoding: "async",
      })
    : element("p", { class: "absent" }, "no picture of it in this report");
  const sound = clip.audio
    ? element("audio", { controls: true, preload: "none", src: clip.audio, "aria-label": `Sound of ${index.ids[place]}` })
    : index.pickOrder[place]
      ? element("p", { class: "absent" }, "sound not readable")
      : null;
  const source = /^https?:\/\//.test(clip.url ?? "")
    ? element("a", { href: clip.url, rel: "noopener noreferrer", target: "_blank" }, `source at ${clock(clip.start)}\u202f\u2197`)
    : `${clock(clip.start)}\u2013${clock(clip.end)}, no web source`;
  const pick = index.pickOf(place);
  return element(
    "div",
    { class: "media" },
    picture,
    sound,
    mark,
    element("p", { class: "facts" }, source),
    element(
      "p",
      { class: "facts" },
      pick ? `${pick} \u00b7 ` : null,
      `${index.splits[index.split[place]]} \u00b7 `,
      bdi(index.sources[index.source[place]] || "(not listed)"),
      ` \u00b7 frame at ${clip.frameAt.toFixed(2)} s, ${width}\u00d7${height}`,
    ),
  );
}

function promptParts([step, text, words, tokens, rules, marks], clip, index) {
  const cut = tokens === null ? clip.truncated : tokens > index.context;
  return [
    promptText(text, marks),
    element(
      "p",
      { class: "facts" },
      bdi(step),
      `: ${words} words`,
      tokens === null ? null : `, ${tokens} CLIP tokens`,
      ...(cut ? [" ", element("span", { class: "tag" }, `cut off at ${index.context}`)] : []),
      ...rules.flatMap((rule) => [" ", element("span", { class: "tag" }, bdi(rule.replaceAll("_", " ")))]),
    ),
  ];
}

// A column's value for a clip: beside a caption with the column's name for who hovers or listens, in
// the list with its place between the dataset's extremes.
function valueOf(number, clip, place, index, named = true) {
  const column = index.scores[number];
  const name = named ? nameOf(column, index.scores) : null;
  const value = column.values[place];
  const cut = clip.cut.includes(number) ? " cut off" : "";
  return element("span", { class: "value", title: name }, named ? element("span", { class: "unseen" }, `${name} `) : null, fixed(value), cut, named ? null : gauge(column, value));
}

// What beside a caption stands as its own score: the first of that text, if one step wrote it.
function scoreOf(subject, rows, place, index) {
  if (new Set(rows.map(([step]) => step)).size > 1) return -1;
  return index.scores.findIndex((column) => column.subject === subject && !Number.isNaN(column.values[place]));
}

function captions(clip, place, index, beside) {
  const line = (name, text, number) => {
    const value = number < 0 ? null : element("dd", {}, valueOf(number, clip, place, index));
    const parts = [element("dt", {}, bdi(name)), element("dd", { class: "text", dir: "auto" }, text || "(empty)"), value];
    return element("div", { class: value && "scored" }, ...parts);
  };
  const several = (rows) => new Set(rows.map(([step]) => step)).size > 1;
  const [twoEyes, twoEars] = [several(clip.answers), several(clip.music)];
  return element(
    "dl",
    { class: "captions" },
    ...clip.answers.map(([step, question, text]) =>
      line(twoEyes ? `${question} (${step})` : question, text, beside(`answer:${question}`, clip.answers)),
    ),
    ...clip.music.map(([step, text]) => line(twoEars ? `music (${step})` : "music", text, beside("music_caption", clip.music))),
    ...clip.missing.map(([step, reason, detail]) =>
      element(
        "div",
        { class: "gap" },
        element("dt", {}, bdi(step)),
        element("dd", {}, "failed: ", element("code", {}, reason), " ", bdi(detail, "quiet")),
      ),
    ),
  );
}

function scoreList(clip, place, index, shown) {
  const rows = index.scores.flatMap((column, number) => {
    if (Number.isNaN(column.values[place]) || shown.has(number)) return [];
    return [element("li", {}, bdi(nameOf(column, index.scores)), valueOf(number, clip, place, index, false))];
  });
  return rows.length ? element("ul", { class: "scores" }, ...rows) : null;
}

function headScore(place, index) {
  const column = index.ranking === null ? null : index.scores[index.ranking];
  const value = column?.values[place] ?? NaN;
  if (Number.isNaN(value)) return null;
  const name = element("span", { class: "unseen" }, `${nameOf(column, index.scores)} `);
  return element("p", { class: "score", title: nameOf(column, index.scores) }, name, fixed(value), gauge(column, value));
}

function card(clip, place, index, marked) {
  const id = index.ids[place];
  const shown = new Set([index.ranking]);
  const beside = (subject, rows) => {
    const number = scoreOf(subject, rows, place, index);
    shown.add(number);
    return number;
  };
  const texts = captions(clip, place, index, beside);
  const box = element("input", { type: "checkbox", class: "mark", checked: marked, "aria-label": `Mark ${id}` });
  const title = element("h3", { id: `clip-${place}`, class: "outside", dir: "auto" }, clip.title || clip.video);
  return element(
    "article",
    { class: "clip", "data-place": place, "aria-labelledby": `clip-${place}`, tabindex: "-1" },
    media(clip, place, index, element("label", { class: "check" }, box, " mark")),
    element(
      "div",
      { class: "words" },
      element("header", {}, title, headScore(place, index)),
      clip.artist ? element("p", { class: "artist outside", dir: "auto" }, clip.artist) : null,
      ...clip.prompts.flatMap((prompt) => promptParts(prompt, { ...clip, truncated: index.flags[place] & FLAG.truncated }, index)),
      texts,
      scoreList(clip, place, index, shown),
      element("p", {}, element("code", { class: "id" }, id)),
    ),
  );
}

function unreadable(place, index, error) {
  return element(
    "article",
    { class: "clip", "data-place": place, tabindex: "-1" },
    element("p", { class: "absent" }, error.message),
    element("p", {}, element("code", { class: "id" }, index.ids[place])),
  );
}
