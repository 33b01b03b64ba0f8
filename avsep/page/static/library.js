// Folders and recordings: browsed, dropped, chosen.

import {
  ask, attempt, complain, fill, find, inPath, isWriting, make, on, readRefusal, recall, remember, say, state, tell, tellSize,
} from "./tools.js";

let shelf = { name: "", trail: [], folders: [], recordings: [], top: "" };
let batches = 0; // of uploads that are under way
const sent = new Map(); // bytes so far, by file, of all of them
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
  const trail = [...shelf.trail, shelf.name].map((folder) => ({ folder, isHere: folder === shelf.name }));
  fill(find("trail"), trail, ({ folder }) => folder, ({ folder, isHere }) => [
    isHere ? make("span", { textContent: call(folder) }) : entry(call(folder), attempt(() => enter(folder))),
  ]);
  fill(find("folders"), shelf.folders, String, (folder) => [
    entry(call(folder), attempt(() => enter(folder)), say("folder")),
  ]);
  const recordings = shelf.recordings.map(({ name, bytes }) => ({ name, bytes, isChosen: name === state.chosen }));
  fill(find("recordings"), recordings, ({ name }) => name, ({ name, bytes, isChosen }) => {
    const item = entry(lastOf(name), () => choose(name), tellSize(bytes));
    item.setAttribute("aria-current", isChosen);
    return [item];
  });
}

function entry(name, onclick, remark = "") {
  const item = make("button", { type: "button", onclick }, make("span", { textContent: name }));
  if (remark) item.append(make("span", { className: "size", textContent: remark }));
  return item;
}

// The button that was pressed is gone: whoever goes by keyboard goes on at the new list.
async function enter(folder) {
  await browse(folder);
  const first = ["folders", "recordings", "trail"].map((id) => find(id).querySelector("button")).find(Boolean);
  first?.focus();
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
  const { folder, chosen } = state;
  batches += 1;
  for (const file of files) sent.set(file, 0);
  for (const file of files) {
    try {
      showSent();
      const { name } = await send(folder, file);
      await arrive(name, folder === state.folder && chosen === state.chosen && !isWriting());
    } catch (error) {
      complain(error.message);
      sent.delete(file);
    }
  }
  batches -= 1;
  if (!batches) sent.clear();
  showSent();
  find("upload").value = ""; // the same file may be chosen again
}

// Whoever has gone on to something else meanwhile is not called away.
async function arrive(name, isAwaited) {
  await browse(isAwaited ? above(name) : state.folder);
  if (isAwaited) choose(name);
}

function showSent() {
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const bar = find("upload-progress");
  bar.hidden = !batches;
  bar.value = sum([...sent.values()]) / Math.max(1, sum([...sent.keys()].map(({ size }) => size)));
}

async function send(folder, file) {
  const place = inPath([folder, file.name].filter(Boolean).join("/"));
  await ask(`/api/uploads/${place}?bytes=${file.size}`); // what would be refused is not sent
  return put(place, file);
}

// Only this old way to send tells how far it is.
function put(place, file) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/recordings/${place}`);
    request.upload.onprogress = ({ loaded }) => {
      sent.set(file, loaded);
      showSent();
    };
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
  addEventListener("beforeunload", (event) => batches && event.preventDefault());
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
