// Folders and recordings: browsed, dropped, chosen.

import { ask, attempt, complain, find, inPath, make, on, readRefusal, recall, remember, say, state, tell, tellSize } from "./tools.js";

let shelf = { name: "", trail: [], folders: [], recordings: [], top: "" };
let sending = false;
let asked = 0; // how often for a folder

const lastOf = (name) => name.split("/").at(-1);
const above = (name) => name.split("/").slice(0, -1).join("/");
const call = (folder) => lastOf(folder) || shelf.top || say("allFolders");

export async function browse(folder) {
  const before = state.folder;
  const mine = (asked += 1);
  state.folder = folder; // whoever looks anew meanwhile looks there
  let found;
  try {
    found = await ask(`/api/folders/${inPath(folder)}`);
  } catch (error) {
    if (mine === asked) state.folder = before;
    throw error;
  }
  if (mine !== asked) return; // a later answer has come, or will
  shelf = found;
  state.folder = shelf.name;
  remember("folder", shelf.name);
  draw();
}

// Files come and go while somebody looks elsewhere.
export const refresh = attempt(() => browse(state.folder));

function draw() {
  find("folder").textContent = shelf.top;
  find("no-recordings").hidden = shelf.recordings.length + shelf.folders.length > 0;
  find("trail").hidden = !shelf.trail.length;
  find("trail").replaceChildren(
    ...shelf.trail.map((folder) => make("li", {}, entry(call(folder), attempt(() => browse(folder))))),
    ...(shelf.trail.length ? [make("li", {}, make("span", { textContent: call(shelf.name) }))] : []),
  );
  find("folders").replaceChildren(
    ...shelf.folders.map((folder) =>
      make("li", {}, entry(call(folder), attempt(() => enter(folder)), say("folder"))),
    ),
  );
  find("recordings").replaceChildren(
    ...shelf.recordings.map(({ name, bytes }) => {
      const item = entry(lastOf(name), () => choose(name), tellSize(bytes));
      item.setAttribute("aria-current", name === state.chosen);
      return make("li", {}, item);
    }),
  );
}

function entry(name, onclick, remark = "") {
  const item = make("button", { type: "button", onclick }, make("span", { textContent: name }));
  if (remark) item.append(make("span", { className: "size", textContent: remark }));
  return item;
}

// The button that was pressed is gone: whoever goes by keyboard goes on at the new list.
async function enter(folder) {
  await browse(folder);
  (find("folders").querySelector("button") ?? find("recordings").querySelector("button") ?? find("trail").querySelector("button"))?.focus();
}

export function choose(name) {
  state.chosen = name;
  remember("chosen", name);
  find("work").hidden = false;
  find("work-title").textContent = name;
  draw();
  tell("chosen");
  find("work-title").focus();
}

// Each by itself: if one is refused, the others come.
export async function upload(files) {
  const bar = find("upload-progress");
  const troubles = [];
  sending = true;
  for (const file of files) {
    bar.hidden = false;
    bar.value = 0;
    try {
      const { name } = await send(file, (share) => (bar.value = share));
      await browse(above(name));
      choose(name);
    } catch (error) {
      troubles.push(error.message);
    }
  }
  bar.hidden = true;
  sending = false;
  find("upload").value = ""; // the same file may be chosen again
  if (troubles.length) complain(troubles.join(" "));
}

// Only this old way to send tells how far it is.
function send(file, tellShare) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const place = [state.folder, file.name].filter(Boolean).join("/");
    request.open("PUT", `/api/recordings/${inPath(place)}`);
    request.upload.onprogress = (event) => tellShare(event.loaded / event.total);
    request.onerror = () => failed(new Error(say("gone")));
    request.onload = () => {
      if (request.status === 201) done(JSON.parse(request.responseText));
      else failed(new Error(readRefusal(request.responseText)));
    };
    request.send(file);
  });
}

export function begin() {
  find("upload").onchange = (event) => upload([...event.target.files]);
  const drop = find("drop");
  for (const name of ["dragover", "dragleave", "drop"])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") upload([...event.dataTransfer.files]);
    });
  // Beside the field a dropped video would take the place of the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  addEventListener("beforeunload", (event) => sending && event.preventDefault());
  addEventListener("focus", refresh);
  on("language", draw);
}

// Where this tab was before it was loaded again; what is gone since is left.
export async function resume() {
  try {
    await browse(recall("folder") ?? "");
  } catch {
    await browse("");
  }
  const chosen = recall("chosen");
  if (shelf.recordings.some(({ name }) => name === chosen)) choose(chosen);
}
