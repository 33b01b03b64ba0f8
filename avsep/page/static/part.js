// A part of the recording, chosen on its waveform or in words.

import { ask, attempt, find, inPath, on, recall, remember, state, tell } from "./tools.js";

let waveform = { seconds: 0, peaks: [], sound: true };
let begun = null; // where dragging began, in seconds

const load = attempt(async () => {
  const name = state.chosen;
  waveform = { seconds: 0, peaks: [], sound: true };
  [find("from").value, find("to").value] = recall(`part of ${name}`) ?? ["", ""];
  find("to").placeholder = "";
  draw();
  const found = await ask(`/api/waveforms/${inPath(name)}`);
  if (name !== state.chosen) return;
  waveform = found;
  find("to").placeholder = tellClock(found.seconds);
  draw();
});

export function tellClock(exact) {
  const tenths = Math.round(10 * exact); // first: no minute has 60.0 seconds
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

// "1:02:03.5" in seconds; null for what is empty or no time.
function readClock(text) {
  if (!/^\d+(:\d+){0,2}([.,]\d+)?$/.test(text.trim())) return null;
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

export function readRange() {
  const [start, stop] = [find("from"), find("to")].map((field) => field.value.trim().replace(",", "."));
  return start || stop ? `${start || "0:00"}-${stop || "end"}` : "";
}

function draw() {
  find("no-sound").hidden = waveform.sound;
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

function change() {
  remember(`part of ${state.chosen}`, [find("from").value, find("to").value]);
  draw();
  tell("range");
}

function drag(event) {
  if (!waveform.seconds || event.button > 0) return; // the first button, or none that has changed
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
    change();
  }
  if (event.type === "pointerup") begun = null;
}

export function begin() {
  for (const id of ["from", "to"]) find(id).oninput = change;
  find("all-of-it").onclick = () => {
    find("from").value = find("to").value = "";
    change();
  };
  for (const name of ["pointerdown", "pointermove", "pointerup"]) find("waveform").addEventListener(name, drag);
  find("waveform").addEventListener("pointercancel", () => (begun = null));
  matchMedia("(prefers-color-scheme: dark)").onchange = draw;
  on("chosen", load);
}
