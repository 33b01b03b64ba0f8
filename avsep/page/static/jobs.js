// Jobs: how far each is, cancelled, forgotten.

import { announce, ask, attempt, button, find, knows, make, on, recall, remember, say, state, tell, tellTime } from "./tools.js";
import { drawSeen } from "./people.js";
import { showResult } from "./result.js";

let own = new Set(recall("own") ?? []); // numbers of jobs that were ordered in this tab
const strips = new Map(); // faces that have turned up, by job

export async function order(kind, wanted) {
  const job = await ask("/api/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind, recording: state.chosen, wanted }),
  });
  own.add(job.number);
  remember("own", [...own]);
  await load();
}

export async function load() {
  const before = new Map(state.jobs.map((job) => [job.number, job]));
  state.jobs = await ask("/api/jobs");
  for (const job of state.jobs) {
    const { state: last, faces } = before.get(job.number) ?? job;
    if (last !== job.state) announce(`${job.recording}: ${say(job.state)}`);
    else if (job.faces > faces) announce(say("facesSoFar", { count: job.faces }));
  }
  draw();
  tell("jobs");
  const isFresh = (job) => own.has(job.number) && before.get(job.number)?.state === "working";
  const fresh = state.jobs.find((job) => job.kind === "split" && job.state === "done" && isFresh(job));
  // Whoever writes just now is not called away.
  if (fresh) showResult(fresh, !document.activeElement?.matches("input[type=text]"));
}

function draw() {
  find("no-jobs").hidden = state.jobs.length > 0;
  const list = find("jobs");
  const kept = new Map([...list.children].map((item) => [Number(item.dataset.number), item]));
  const items = state.jobs.map((job) => {
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
  for (const item of [...list.children]) if (!items.includes(item)) item.remove();
  items.forEach((item, place) => list.children[place] !== item && list.insertBefore(item, list.children[place] ?? null));
}

function drawJob(job) {
  const what = [`${say(job.kind)}: ${job.recording}`, job.wanted.range, job.wanted.preset].filter(Boolean).join(", ");
  const buttons = [];
  if (job.kind === "split" && job.state === "done") buttons.push(button("show", () => showResult(job)));
  const end = ["waiting", "working"].includes(job.state) ? "cancel" : "forget";
  const ending = button(end, attempt(() => cancel(job.number)));
  ending.setAttribute("aria-label", `${say(end)}: ${what}`);
  buttons.push(ending);
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
    parts.push(bar, drawStrip(job));
  } else strips.delete(job.number);
  if (job.error) parts.push(make("p", { className: "bad", textContent: [job.error, job.hint].filter(Boolean).join(". ") }));
  return parts;
}

function drawStrip(job) {
  if (!strips.has(job.number)) strips.set(job.number, make("ul", { className: "seen" }));
  const strip = strips.get(job.number);
  drawSeen(strip, job);
  return strip;
}

function tellState(job) {
  if (job.state !== "working" || !job.stage) return say(job.state);
  const left = job.left === null ? "" : ` – ${say("left", { time: tellTime(job.left) })}`;
  return `${knows(`stage ${job.stage}`) ? say(`stage ${job.stage}`) : job.stage}${left}`;
}

async function cancel(number) {
  await ask(`/api/jobs/${number}`, { method: "DELETE" });
  await load();
}

export const begin = () => on("language", draw);
