// The page: what it shows comes from the server, what it is told goes there.

import { attempt, complain, find, recall, remember, say, speak } from "./tools.js";
import * as jobs from "./jobs.js";
import * as library from "./library.js";
import * as part from "./part.js";
import * as people from "./people.js";
import * as result from "./result.js";
import * as settings from "./settings.js";

const BEAT = 1000; // ms between two looks at the jobs
const LANGUAGES = [...find("language").options].map((option) => option.value);

let isGone = false; // whether the server did not answer the last time

for (const module of [library, part, people, settings, jobs, result]) module.begin();

find("language").onchange = (event) => {
  remember("language", event.target.value);
  speak(event.target.value);
};
find("trouble-close").onclick = () => complain("");
find("find").onclick = attempt(() => jobs.order("people", { range: part.readRange(), ...settings.readPreset() }));
find("order").onsubmit = attempt(async (event) => {
  event.preventDefault();
  complain("");
  await jobs.order("split", { range: part.readRange(), ...people.readCast(), ...settings.readSettings() });
});

async function beat() {
  try {
    await jobs.load();
    if (isGone) complain("");
    isGone = false;
  } catch (error) {
    isGone = true;
    if (find("trouble").hidden) complain(error.message);
  }
  setTimeout(beat, BEAT);
}

const own = navigator.languages.map((code) => code.slice(0, 2)).find((code) => LANGUAGES.includes(code));
find("language").value = recall("language") ?? own ?? "en";
await speak(find("language").value || "en");
await attempt(library.resume)();
await beat();
