// Jobs: how far each is, cancelled, forgotten.

import {
  announce, ask, attempt, button, fill, find, isWriting, knows, make, on, recall, remember, say, state, tell, tellTime,
} from "./tools.js";
import { drawSeen } from "./people.js";
import { showResult } from "./result.js";

let own = new Set(recall("own") ?? []); // numbers of jobs that were ordered in this tab
let ordering = ""; // what is being asked of the server
const strips = new Map(); // faces that have turned up, by job

export async function order(kind, wanted) {
  const asked = JSON.stringify([kind, state.chosen, wanted]);
  if (asked === ordering || state.jobs.some((job) => isOpen(job) && sign(job) === asked)) return; // a double click
  ordering = asked;
  try {
    await send(kind, wanted);
  } finally {
    ordering = "";
  }
}

const isOpen = (job) => ["waiting", "working"].includes(job.state);
const sign = ({ kind, recording, wanted }) => JSON.stringify([kind, recording, wanted]);

async function send(kind, wanted) {
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
  if (fresh) showResult(fresh, !isWriting());
}

function draw() {
  if (find("jobs").querySelector(":active")) return; // a click is under way: drawn at the next beat
  find("no-jobs").hidden = state.jobs.length > 0;
  fill(find("jobs"), state.jobs, (job) => job.number, drawJob);
}

// What tells a job from the others: people's names, and when it was ordered.
function describe({ kind, recording, wanted, ordered }) {
  const time = new Date(1000 * ordered);
  const when = ordered && time.toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  const names = new Set(Object.values(wanted.speakers ?? {}).filter((name) => !/^speaker-\d+$/.test(name)));
  return [`${say(kind)}: ${recording}`, wanted.range, wanted.preset, ...names, when].filter(Boolean).join(", ");
}

function drawJob(job) {
  const what = describe(job);
  const buttons = [];
  if (job.kind === "split" && job.state === "done" && !job.replaced) buttons.push(button("show", () => showResult(job)));
  const end = isOpen(job) ? "cancel" : "forget";
  const ending = button(end, attempt(() => cancel(job.number)));
  ending.setAttribute("aria-label", `${say(end)}: ${what}`);
  buttons.push(ending);
  const parts = [
    make(
      "div",
      { className: "row" },
      make("strong", { textContent: what }),
      make("span", { className: "stage", textContent: tellState(job) }),
      make("span", { className: "buttons" }, ...buttons),
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
  if (job.replaced) return say("replaced");
  if (job.state !== "working" || !job.stage) return say(job.state);
  const left = job.left === null ? "" : ` – ${say("left", { time: tellTime(job.left) })}`;
  return `${knows(`stage ${job.stage}`) ? say(`stage ${job.stage}`) : job.stage}${left}`;
}

async function cancel(number) {
  await ask(`/api/jobs/${number}`, { method: "DELETE" });
  await load();
  if (document.activeElement === document.body) find("jobs-title").focus(); // its button is gone
}

export const begin = () => on("language", draw);
