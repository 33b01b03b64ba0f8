// A result: its page, what everybody says, its files.

import { ask, attempt, find, inPath, make, on, say, state, tellSize } from "./tools.js";

const SUBTITLES = "everybody.vtt";
let shown = null; // the job whose result is shown

export const showResult = attempt(async (job, takesFocus = true) => {
  const { files, shown: place } = await ask(`/results/${job.number}/files`);
  shown = job;
  const address = (name) => `/results/${job.number}/${inPath(name)}`;
  find("result").hidden = false;
  find("result-title").textContent = say("resultOf", { name: job.recording });
  find("all").href = `/results/${job.number}.zip`;
  find("files").replaceChildren(...files.map((file) => drawFile(file, address(file.name))));
  drawReport(files.some(({ name }) => name === "report.html") ? `${place}report.html` : "");
  const isWritten = files.some(({ name }) => name === SUBTITLES);
  drawSubtitles(isWritten ? await (await fetch(address(SUBTITLES))).text() : "");
  if (takesFocus) find("result-title").focus();
});

// In a fresh frame: one that goes on to another page is a step for the browser's back button.
function drawReport(address) {
  const frame = find("report").cloneNode();
  frame.hidden = !address;
  frame.src = address || "about:blank";
  find("report").replaceWith(frame);
}

const drawFile = ({ name, bytes }, address) =>
  make(
    "li",
    {},
    make("a", { href: address, download: "", textContent: name }),
    make("span", { className: "size", textContent: ` ${tellSize(bytes)}` }),
  );

function drawSubtitles(text) {
  const cues = readCues(text);
  find("subtitles").hidden = !text;
  find("no-words").hidden = cues.length > 0;
  find("words").replaceChildren(
    ...cues.map(({ time, words }) =>
      make("li", {}, make("span", { className: "stage", textContent: time }), make("span", { textContent: words })),
    ),
  );
}

// The cues of WebVTT: when each begins, and what is said, as plain text.
export function readCues(text) {
  const cues = [];
  for (const block of text.replace(/\r/g, "").split("\n\n")) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => line.includes("-->"));
    if (at < 0) continue;
    const time = lines[at].split("-->")[0].trim().replace(/^00:(?=\d\d:)/, "").replace(/\.\d+$/, "");
    cues.push({ time, words: unescape(lines.slice(at + 1).join(" ")) });
  }
  return cues;
}

const SIGNS = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const unescape = (text) => text.replace(/&(lt|gt|amp);/g, (sign) => SIGNS[sign]);

export function begin() {
  on("jobs", () => {
    if (!shown || state.jobs.some(({ number }) => number === shown.number)) return;
    shown = null; // forgotten, in this tab or another
    find("result").hidden = true;
    drawReport("");
  });
  on("language", () => {
    find("report").title = say("report");
    if (shown) find("result-title").textContent = say("resultOf", { name: shown.recording });
  });
}
