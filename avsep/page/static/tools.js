// What all parts of the page need: elements, texts, questions to the server.

export const find = (id) => document.getElementById(id);

// What is shown, and whoever wants to know when it changes.
export const state = {
  folder: "", // that is browsed
  chosen: null, // name of the recording that is worked on
  jobs: [],
};
const listeners = new Map();
export const on = (news, listener) => listeners.set(news, [...(listeners.get(news) ?? []), listener]);
export const tell = (news) => (listeners.get(news) ?? []).forEach((listener) => listener());

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export const button = (key, onclick, values = {}) =>
  make("button", { type: "button", textContent: say(key, values), onclick });

// A list anew. What looks as before stays as it is, and with it focus, and a click under way.
export function fill(list, things, keyOf, draw) {
  const kept = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const items = things.map((thing) => {
    const key = String(keyOf(thing));
    const item = kept.get(key) ?? make("li");
    const look = JSON.stringify([thing, document.documentElement.lang]);
    if (item.dataset.look === look) return item;
    const held = item.contains(document.activeElement); // a redrawn button keeps the focus
    Object.assign(item.dataset, { key, look });
    item.replaceChildren(...draw(thing));
    if (held) item.querySelector("button")?.focus();
    return item;
  });
  for (const item of [...list.children]) if (!items.includes(item)) item.remove();
  items.forEach((item, place) => list.children[place] !== item && list.insertBefore(item, list.children[place] ?? null));
}

// Whoever writes just now is not called away.
export const isWriting = () => document.activeElement?.matches("input[type=text]") ?? false;

// Texts

let texts = {};

export const say = (key, values = {}) =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const knows = (key) => key in texts;

export async function speak(language) {
  texts = await (await fetch(`/texts/${language}.json`)).json();
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", say(element.dataset.label));
  tell("language");
}

export const announce = (message) => (find("said").textContent = message);

// One message after the other, till they are closed; an empty one closes them.
export function complain(message) {
  const list = find("trouble-said");
  const isKnown = [...list.children].some(({ textContent }) => textContent === message);
  if (!message) list.replaceChildren();
  else if (!isKnown) list.append(make("p", { textContent: message }));
  find("trouble").hidden = !message;
}

export function tellSize(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) [bytes, step] = [bytes / 1000, step + 1];
  const digits = bytes < 10 && step ? 1 : 0;
  return `${bytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits })} ${units[step]}`;
}

export function tellTime(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60
    ? say("seconds", { count: whole })
    : say("minutes", { count: Math.round(whole / 60) });
}

// The server

// A refusal in the page's own words if it has some, else in those of the engine.
const sentence = ({ error, hint, kind }) =>
  knows(`refused ${kind}`) ? say(`refused ${kind}`) : [error, hint].filter(Boolean).join(". ");

export function readRefusal(text) {
  try {
    return sentence(JSON.parse(text)) || text;
  } catch {
    return text;
  }
}

export async function ask(address, settings) {
  let answer;
  try {
    answer = await fetch(address, settings);
  } catch {
    throw new Error(say("gone"));
  }
  if (!answer.ok) throw new Error(readRefusal(await answer.text()));
  return answer.status === 204 ? null : answer.json();
}

export const inPath = (name) => name.split("/").map(encodeURIComponent).join("/");

export const attempt = (action) => async (...given) => {
  try {
    await action(...given);
  } catch (error) {
    complain(error.message);
  }
};

// What one tab remembers over a reload.
export function remember(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without it a reload begins anew.
  }
}

export function recall(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}
