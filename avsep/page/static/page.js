// The page: what it shows comes from the server, what it is told goes there.

const BEAT = 1000; // ms between two looks at the jobs
const LANGUAGES = ["en", "de"];

const find = (id) => document.getElementById(id);
let texts = {};
let recordings = [];
let jobs = [];
let chosen = null; // name of the recording that is worked on
let peopleFrom = null; // number of the job that found the people shown
let shown = null; // number of the job whose result is shown

const say = (key, values = {}) =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function complain(message) {
  find("trouble").textContent = message;
  if (message) setTimeout(() => complain(""), 12000);
}

async function ask(address, settings) {
  let answer;
  try {
    answer = await fetch(address, settings);
  } catch {
    throw new Error(say("gone"));
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const text = await answer.text();
  try {
    const { error, hint } = JSON.parse(text);
    throw new Error([error, hint].filter(Boolean).join(". "));
  } catch (wrong) {
    throw wrong instanceof SyntaxError ? new Error(text) : wrong;
  }
}

const attempt = (action) => async (...given) => {
  try {
    await action(...given);
  } catch (error) {
    complain(error.message);
  }
};

function tellSize(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) [bytes, step] = [bytes / 1000, step + 1];
  const digits = bytes < 10 && step ? 1 : 0;
  return `${bytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })} ${units[step]}`;
}

function tellTime(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60
    ? say("seconds", { count: whole })
    : say("minutes", { count: Math.round(whole / 60) });
}

// Languages

async function speak(language) {
  texts = await (await fetch(`/texts/${language}.json`)).json();
  document.documentElement.lang = language;
  find("language").value = language;
  for (const element of document.querySelectorAll("[data-text]"))
    element.textContent = say(element.dataset.text);
  find("report").title = say("report");
  drawRecordings();
  drawJobs();
}

// Recordings

async function loadRecordings() {
  const found = await ask("/api/recordings");
  recordings = found.recordings;
  find("folder").textContent = found.folder;
  drawRecordings();
}

function drawRecordings() {
  find("no-recordings").hidden = recordings.length > 0;
  find("recordings").replaceChildren(
    ...recordings.map(({ name, bytes }) => {
      const button = make(
        "button",
        { type: "button", onclick: () => choose(name) },
        make("span", { textContent: name }),
        make("span", { className: "size", textContent: tellSize(bytes) }),
      );
      button.setAttribute("aria-current", name === chosen);
      return make("li", {}, button);
    }),
  );
}

function choose(name) {
  chosen = name;
  peopleFrom = null;
  find("people").replaceChildren();
  find("work").hidden = false;
  find("work-title").textContent = name;
  drawRecordings();
  drawPeople();
  find("work-title").focus();
  attempt(loadWaveform)(name);
}

const upload = attempt(async (files) => {
  const bar = find("upload-progress");
  for (const file of files) {
    bar.hidden = false;
    try {
      const { name } = await send(file, (share) => (bar.value = share));
      await loadRecordings();
      choose(name);
    } finally {
      bar.hidden = true;
    }
  }
});

// Only this old way to send tells how far it is.
function send(file, tell) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/recordings/${encodeURIComponent(file.name)}`);
    request.upload.onprogress = (event) => tell(event.loaded / event.total);
    request.onerror = () => failed(new Error(say("gone")));
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { error: request.responseText };
      }
      if (request.status === 201) done(answer);
      else failed(new Error([answer.error, answer.hint].filter(Boolean).join(". ")));
    };
    request.send(file);
  });
}

// A part of the recording

let waveform = { seconds: 0, peaks: [] };

async function loadWaveform(name) {
  waveform = { seconds: 0, peaks: [] };
  find("from").value = find("to").value = "";
  drawWaveform();
  const found = await ask(`/api/waveforms/${name.split("/").map(encodeURIComponent).join("/")}`);
  if (name !== chosen) return;
  waveform = found;
  find("to").placeholder = tellClock(found.seconds);
  drawWaveform();
}

function tellClock(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}

// "1:02:03.5" in seconds; null for what is empty or no time.
function readClock(text) {
  if (!/^\d+(:\d+){0,2}([.,]\d+)?$/.test(text.trim())) return null;
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function readRange() {
  const [start, stop] = [find("from").value.trim(), find("to").value.trim()];
  return start || stop ? `${start || "0:00"}-${stop || "end"}` : "";
}

function drawWaveform() {
  const canvas = find("waveform");
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const { width, height } = canvas;
  const from = (readClock(find("from").value) ?? 0) / waveform.seconds;
  const to = (readClock(find("to").value) ?? waveform.seconds) / waveform.seconds;
  pen.clearRect(0, 0, width, height);
  waveform.peaks.forEach((peak, place) => {
    const x = place / waveform.peaks.length;
    pen.fillStyle = style.getPropertyValue(x >= from && x <= to ? "--accent" : "--line");
    const size = Math.max(1, peak * height);
    pen.fillRect(x * width, (height - size) / 2, Math.max(1, width / waveform.peaks.length - 0.2), size);
  });
}

function changeRange() {
  drawWaveform();
  drawPeople();
}

let begun = null; // where dragging began, in seconds

function drag(event) {
  if (!waveform.seconds) return;
  const { left, width } = find("waveform").getBoundingClientRect();
  const at = Math.min(1, Math.max(0, (event.clientX - left) / width)) * waveform.seconds;
  if (event.type === "pointerdown") {
    find("waveform").setPointerCapture(event.pointerId);
    begun = at;
  }
  if (begun === null) return;
  if (Math.abs(at - begun) > waveform.seconds / 200) {
    find("from").value = tellClock(Math.min(at, begun));
    find("to").value = tellClock(Math.max(at, begun));
    changeRange();
  }
  if (event.type === "pointerup") begun = null;
}

// People

function drawPeople() {
  const job = jobs.findLast(
    (job) =>
      job.kind === "people" && job.state === "done" && job.recording === chosen && (job.wanted.range ?? "") === readRange(),
  );
  if (!job) {
    // Faces of another part may have other numbers.
    peopleFrom = null;
    find("people").replaceChildren();
    return;
  }
  if (job.number === peopleFrom) return;
  peopleFrom = job.number;
  find("people").replaceChildren(
    ...job.people.map((person) => {
      const values = { number: person.number };
      const wanted = make("input", { type: "checkbox", checked: true });
      wanted.dataset.number = person.number;
      const name = make("input", { type: "text", value: person.name, maxLength: 60 });
      name.setAttribute("aria-label", say("nameOf", values));
      return make(
        "li",
        {},
        make("img", {
          src: `/api/jobs/${job.number}/people/${person.number}.jpg`,
          alt: say("faceOf", values),
          width: 160,
          height: 160,
        }),
        name,
        make("label", {}, wanted, ` ${say("wanted", values)}`),
        make("span", { className: "stage", textContent: say("visible", { time: tellTime(person.visible) }) }),
      );
    }),
  );
}

function readSpeakers() {
  const cards = [...find("people").children];
  if (!cards.length) return null;
  const speakers = {};
  for (const card of cards) {
    const wanted = card.querySelector("[type=checkbox]");
    if (wanted.checked) speakers[wanted.dataset.number] = card.querySelector("[type=text]").value.trim();
  }
  if (!Object.keys(speakers).length) throw new Error(say("nobody"));
  return speakers;
}

// Jobs

const order = async (kind, wanted) => {
  await ask("/api/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind, recording: chosen, wanted }),
  });
  await loadJobs();
};

async function loadJobs() {
  const before = new Map(jobs.map((job) => [job.number, job.state]));
  jobs = await ask("/api/jobs");
  for (const job of jobs)
    if (before.has(job.number) && before.get(job.number) !== job.state)
      find("said").textContent = `${job.recording}: ${say(job.state)}`;
  drawJobs();
  drawPeople();
  const fresh = jobs.find((job) => job.kind === "split" && job.state === "done" && before.get(job.number) === "working");
  if (fresh) showResult(fresh);
}

function drawJobs() {
  find("no-jobs").hidden = jobs.length > 0;
  const kept = new Map([...find("jobs").children].map((item) => [Number(item.dataset.number), item]));
  const items = jobs.map((job) => {
    const item = kept.get(job.number) ?? make("li");
    const look = JSON.stringify([job, document.documentElement.lang]);
    if (item.dataset.look !== look) {
      item.dataset.number = job.number;
      item.dataset.look = look;
      const held = item.querySelector(":focus")?.className; // a redrawn button keeps the focus
      item.replaceChildren(...drawJob(job));
      if (held !== undefined) item.querySelector("button")?.focus();
    }
    return item;
  });
  const list = find("jobs");
  for (const item of [...list.children]) if (!items.includes(item)) item.remove();
  items.forEach((item, place) => list.children[place] !== item && list.insertBefore(item, list.children[place] ?? null));
}

function drawJob(job) {
  const what = [`${say(job.kind)}: ${job.recording}`, job.wanted.range].filter(Boolean).join(", ");
  const buttons = [];
  if (job.kind === "split" && job.state === "done")
    buttons.push(make("button", { type: "button", textContent: say("show"), onclick: () => showResult(job) }));
  const end = ["waiting", "working"].includes(job.state) ? "cancel" : "forget";
  const button = make("button", { type: "button", textContent: say(end), onclick: attempt(() => cancel(job.number)) });
  button.setAttribute("aria-label", `${say(end)}: ${what}`);
  buttons.push(button);
  const parts = [
    make(
      "div",
      { className: "row" },
      make("strong", { textContent: what }),
      make("span", { className: "stage", textContent: tellState(job) }),
      make("span", {}, ...buttons),
    ),
  ];
  if (job.state === "working") {
    const bar = make("progress", { max: 1 });
    if (job.share !== null) bar.value = job.share;
    bar.setAttribute("aria-label", what);
    parts.push(bar);
  }
  if (job.error) parts.push(make("p", { className: "bad", textContent: [job.error, job.hint].filter(Boolean).join(". ") }));
  return parts;
}

function tellState(job) {
  if (job.state !== "working" || !job.stage) return say(job.state);
  const left = job.left === null ? "" : ` – ${say("left", { time: tellTime(job.left) })}`;
  return `${texts[`stage ${job.stage}`] ?? job.stage}${left}`;
}

async function cancel(number) {
  await ask(`/api/jobs/${number}`, { method: "DELETE" });
  if (number === shown) find("result").hidden = true;
  await loadJobs();
}

// Results

const showResult = attempt(async (job) => {
  shown = job.number;
  const files = await ask(`/results/${job.number}/files`);
  find("result").hidden = false;
  find("result-title").textContent = say("resultOf", { name: job.recording });
  find("all").href = `/results/${job.number}.zip`;
  const address = (name) => `/results/${job.number}/${name.split("/").map(encodeURIComponent).join("/")}`;
  find("files").replaceChildren(
    ...files.map(({ name, bytes }) =>
      make(
        "li",
        {},
        make("a", { href: address(name), download: "", textContent: name }),
        make("span", { className: "size", textContent: ` ${tellSize(bytes)}` }),
      ),
    ),
  );
  find("report").src = address("report.html");
  find("result-title").focus();
});

// What people do

find("language").onchange = (event) => speak(event.target.value);
find("upload").onchange = (event) => upload([...event.target.files]);
find("find").onclick = attempt(() => order("people", { range: readRange() }));
for (const id of ["from", "to"]) find(id).oninput = changeRange;
find("all-of-it").onclick = () => {
  find("from").value = find("to").value = "";
  changeRange();
};
for (const name of ["pointerdown", "pointermove", "pointerup"]) find("waveform").addEventListener(name, drag);
matchMedia("(prefers-color-scheme: dark)").onchange = drawWaveform;
find("order").onsubmit = attempt(async (event) => {
  event.preventDefault();
  const wanted = { speakers: readSpeakers(), range: readRange() };
  for (const box of find("make").querySelectorAll("[type=checkbox]")) wanted[box.name] = box.checked;
  await order("split", wanted);
});
const drop = find("drop");
for (const name of ["dragover", "dragleave", "drop"])
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") upload([...event.dataTransfer.files]);
  });

const beat = async () => {
  try {
    await loadJobs();
    if (find("trouble").dataset.gone) {
      delete find("trouble").dataset.gone;
      complain("");
    }
  } catch (error) {
    find("trouble").dataset.gone = "yes";
    find("trouble").textContent = error.message;
  }
  setTimeout(beat, BEAT);
};

const own = navigator.languages.map((code) => code.slice(0, 2)).find((code) => LANGUAGES.includes(code));
await speak(own ?? "en");
await attempt(loadRecordings)();
await beat();
