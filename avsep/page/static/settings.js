// What else shall be made: switches, and presets that set them.

import { ask, attempt, find, inPath, make, on, recall, remember, say, state } from "./tools.js";

let known = { switches: {}, lacking: {}, also: [], presets: [] };
let applied = ""; // how the switches were set last; what the user changes since stays

const boxes = () => [...find("make").querySelectorAll("[type=checkbox]")];

const load = attempt(async () => {
  const [name, preset] = [state.chosen, find("preset").value];
  if (!name) return;
  const found = await ask(`/api/settings/${inPath(name)}?preset=${encodeURIComponent(preset)}`);
  if (name !== state.chosen || preset !== find("preset").value) return;
  known = found;
  if (applied !== JSON.stringify(known.switches)) {
    applied = JSON.stringify(known.switches);
    for (const box of boxes()) box.checked = known.switches[box.name] ?? false;
  }
  draw();
});

function draw() {
  const list = find("preset");
  const taken = list.value;
  list.replaceChildren(
    make("option", { value: "", textContent: say("noPreset") }),
    ...known.presets.map((name) => make("option", { value: name, textContent: name })),
  );
  list.value = known.presets.includes(taken) ? taken : "";
  find("also").textContent = known.also.length ? say("also", { names: known.also.join(", ") }) : "";
  for (const box of boxes()) {
    const lack = known.lacking[box.name];
    box.disabled = Boolean(lack);
    if (lack) box.checked = false;
    const reason = find(`why-${box.name}`);
    if (reason) reason.textContent = lack ? [lack.error, lack.hint].filter(Boolean).join(". ") : "";
  }
}

export function readSettings() {
  const wanted = Object.fromEntries(boxes().map((box) => [box.name, box.checked]));
  const preset = find("preset").value;
  return preset ? { ...wanted, preset } : wanted;
}

const place = () => `settings of ${state.chosen}`;
const keep = () => remember(place(), readSettings());

// What was chosen for this recording before, as far as it is still offered.
async function restore() {
  const kept = recall(place());
  if (!kept) return;
  if (known.presets.includes(kept.preset)) {
    find("preset").value = kept.preset;
    await load();
  }
  for (const box of boxes()) box.checked = !box.disabled && kept[box.name];
}

export const readPreset = () => (find("preset").value ? { preset: find("preset").value } : {});

export function begin() {
  find("make").onchange = async (event) => {
    if (event.target === find("preset")) await load();
    keep();
  };
  on("chosen", async () => {
    const name = state.chosen;
    find("preset").value = ""; // another folder may have others
    await load();
    if (name === state.chosen) await restore();
  });
  on("language", draw);
}
