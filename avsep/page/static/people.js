// Who is there: named, left out, joined by one name, divided by when they are seen.

import { announce, ask, attempt, button, complain, find, make, on, recall, remember, say, state, tellTime } from "./tools.js";
import { readRange } from "./part.js";

let shownOf = null; // number of the job that found the people shown
let cast = []; // of them: number, name, wanted, moments, and whether they were made here
let foundIn = ""; // what tells whether the recording is still the same
let opened = new Set(); // numbers of those whose moments are shown

const isMeant = (job) => job.recording === state.chosen && (job.wanted.range ?? "") === readRange();

export const draw = attempt(async () => {
  drawSeen(find("seen"), state.jobs.find((job) => job.state === "working" && isMeant(job)));
  const job = state.jobs.findLast((job) => job.kind === "people" && job.state === "done" && isMeant(job));
  if (!job) {
    // Faces of another part may have other numbers.
    shownOf = null;
    cast = [];
    drawCast();
    return;
  }
  if (job.number === shownOf) return;
  shownOf = job.number;
  opened = new Set();
  const { people, stamp } = await ask(`/api/jobs/${job.number}/people`);
  if (job.number !== shownOf) return;
  foundIn = stamp;
  cast = recallCast(people) ?? people.map(toMember);
  drawCast();
});

const toMember = (person) => ({
  number: person.number,
  name: person.name,
  wanted: person.wanted,
  visible: person.visible,
  moments: person.moments.map((moment, place) => ({ ...moment, person: person.number, place })),
  made: false,
});

// Faces that have turned up so far; those that are shown already stay, new ones come behind.
export function drawSeen(list, job) {
  const count = job?.faces ?? 0;
  if (Number(list.dataset.job) !== job?.number || count < list.children.length) list.replaceChildren();
  list.dataset.job = job?.number ?? "";
  list.hidden = !count;
  for (let face = list.children.length; face < count; face++) {
    const image = make("img", { src: `/api/jobs/${job.number}/seen/${face}.jpg`, width: 72, height: 72 });
    image.alt = say("seenFace", { number: face + 1 });
    list.append(make("li", {}, image));
  }
}

function drawCast() {
  const focused = document.activeElement?.id;
  find("people").replaceChildren(...cast.map(drawMember));
  if (focused) find(focused)?.focus();
}

function drawMember(person) {
  const values = { number: person.number };
  const id = (part) => `person-${person.number}-${part}`;
  const wanted = make("input", { type: "checkbox", checked: person.wanted, id: id("wanted") });
  wanted.onchange = () => keep(() => (person.wanted = wanted.checked));
  const name = make("input", { type: "text", value: person.name, maxLength: 60, id: id("name") });
  name.setAttribute("aria-label", say("nameOf", values));
  name.oninput = () => keep(() => (person.name = name.value));
  const visible = tellTime(person.visible);
  const card = make(
    "li",
    {},
    make("img", { ...pictureOf(longest(person.moments), 160), alt: say("faceOf", values) }),
    name,
    make("label", {}, wanted, ` ${say("wanted", values)}`),
    make("span", { className: "stage", textContent: say("visible", { time: visible }) }),
  );
  if (person.moments.length > 1) card.append(drawMoments(person));
  if (person.made) {
    const back = button("putBack", () => putBack(person), { number: person.moments[0].person });
    back.id = id("back");
    card.append(back);
  }
  return card;
}

const longest = (moments) => moments.reduce((best, moment) => (moment.seconds > best.seconds ? moment : best));

const pictureOf = (moment, size) => ({
  src: `/api/jobs/${shownOf}/people/${moment.person}/${moment.place}.jpg`,
  width: size,
  height: size,
  loading: "lazy",
});

function drawMoments(person) {
  const boxes = person.moments.map((moment) => {
    const box = make("input", { type: "checkbox" });
    const label = make("label", {}, box, make("img", { ...pictureOf(moment, 48), alt: "" }), ` ${moment.range.replace("-", " – ")}`);
    return { box, moment, item: make("li", {}, label) };
  });
  const move = button("somebodyElse", () => {
    divide(person, boxes.filter(({ box }) => box.checked).map(({ moment }) => moment));
  });
  const all = make("details", { className: "moments", open: opened.has(person.number) });
  all.ontoggle = () => (all.open ? opened.add(person.number) : opened.delete(person.number));
  all.append(
    make("summary", { textContent: say("moments", { count: person.moments.length }), id: `person-${person.number}-moments` }),
    make("p", { textContent: say("momentsHint") }),
    make("ul", {}, ...boxes.map(({ item }) => item)),
    move,
  );
  all.setAttribute("aria-label", say("momentsOf", { number: person.number }));
  return all;
}

// Two who were taken for one: what was chosen becomes a person of its own.
function divide(person, chosen) {
  if (!chosen.length || chosen.length === person.moments.length) {
    complain(say(chosen.length ? "leaveOne" : "chooseMoments"));
    return;
  }
  keep(() => {
    person.moments = person.moments.filter((moment) => !chosen.includes(moment));
    cast.push({ number: 0, name: "", wanted: true, moments: chosen, made: true });
    measure(person);
    measure(cast.at(-1));
    count();
  });
  drawCast();
  const { number } = cast.at(-1);
  announce(say("divided", { number }));
  find(`person-${number}-name`).focus();
}

function putBack(person) {
  const first = cast.find(({ number, made }) => !made && number === person.moments[0].person);
  keep(() => {
    first.moments = [...first.moments, ...person.moments].sort((one, other) => one.place - other.place);
    cast = cast.filter((other) => other !== person);
    measure(first);
    count();
  });
  drawCast();
  find(`person-${first.number}-name`).focus();
}

const measure = (person) => (person.visible = person.moments.reduce((sum, { seconds }) => sum + seconds, 0));

// Those who were made here have the next numbers, as the command line gives them.
function count() {
  const taken = Math.max(...cast.filter(({ made }) => !made).map(({ number }) => number));
  cast.filter(({ made }) => made).forEach((person, place) => {
    const isNamed = person.name && person.name !== `speaker-${person.number}`;
    person.number = taken + 1 + place;
    if (!isNamed) person.name = `speaker-${person.number}`;
  });
}

// Names outlive a reload of the page, if the same people are found.
function keep(change) {
  change();
  remember(place(), { sign: sign(cast.flatMap(({ moments }) => moments)), cast });
}

const place = () => `people of ${state.chosen} ${readRange()}`;
const sign = (moments) => moments.map(({ person, range }) => `${person}=${range}`).sort().join();

function recallCast(people) {
  const kept = recall(place());
  return kept?.sign === sign(people.flatMap((person) => toMember(person).moments)) ? kept.cast : null;
}

// What an order says of them; null if nobody was looked for.
export function readCast() {
  if (!cast.length) return {};
  const speakers = {};
  for (const { number, name, wanted } of cast) {
    if (wanted && !name.trim()) throw new Error(say("nameless", { number }));
    if (wanted) speakers[number] = name.trim();
  }
  if (!Object.keys(speakers).length) throw new Error(say("nobody"));
  const made = cast.filter(({ made }) => made);
  return {
    speakers,
    stamp: foundIn,
    divide: made.map(({ moments }) => `${moments[0].person}=${moments.map(({ range }) => range).join(",")}`),
  };
}

export function begin() {
  for (const news of ["chosen", "range", "jobs"]) on(news, draw);
  on("language", drawCast);
}
