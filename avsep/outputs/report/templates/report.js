"use strict";
// The page: what is pressed, what is shown. The recording is heard, or the mix of the faders.
(() => {
  const STEP = 5, DRIFT = 0.08; // s
  const OFF = -60; // dB, the lowest place of a fader
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const main = find("main"), { dataset } = main;
  const duration = Number(dataset.duration);
  const picture = find("#picture"), play = find("#play"), seek = find("#seek"), time = find("#time");
  const status = find("#status");
  const store = new Store(JSON.parse(dataset.cutting), Number(dataset.seconds));
  // What is heard: the recording, or the mix, in it only some if any are soloed.
  const heard = { recording: true, solo: new Set(), mute: new Set() };
  const strips = new Map(all(".strip").map((strip) => [strip.dataset.key, strip]));

  const fader = (key) => strips.get(key).querySelector("input");
  const level = (key) => {
    const value = Number(fader(key).value);
    const silent = heard.mute.has(key) || (heard.solo.size && !heard.solo.has(key));
    return silent || value <= OFF ? -Infinity : value;
  };
  // Files may be louder or softer than the recording; faders are against the recording.
  const factor = (key) => decibels(level(key) - Number(strips.get(key).dataset.gain));
  const mix = () => new Map([...strips.keys()].map((key) => [key, factor(key)]));
  const levels = () => heard.recording
    ? new Map([["0", 1]])
    : mix();

  const clock = (seconds) => {
    const tenths = Math.round(seconds * 10), minutes = Math.floor(tenths / 600);
    const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
    const hours = Math.floor(minutes / 60);
    return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  const say = (text) => { status.textContent = text; };
  const player = new Player(store, levels, (error) => { if (error) say(error.message); show(); });

  const show = () => {
    const now = player.position;
    document.documentElement.style.setProperty("--at", now / duration);
    seek.value = now;
    seek.setAttribute("aria-valuetext", clock(now));
    time.textContent = clock(now);
    play.textContent = player.playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    if (Math.abs(picture.currentTime - now) > DRIFT && now < picture.duration) picture.currentTime = now;
    const moves = player.playing && player.began !== undefined && now < picture.duration;
    if (moves && picture.paused) picture.play().catch(() => {}); // the sound goes on without
    if (!moves && !picture.paused) picture.pause();
    if (player.playing && !show.due) {
      show.due = true;
      requestAnimationFrame(() => { show.due = false; show(); });
    }
  };

  const isAlone = (key) => !heard.recording && heard.solo.size === 1 && heard.solo.has(key);
  const isChosen = (key) => {
    if (key === "0") return heard.recording;
    return key === "m" ? !heard.recording && !heard.solo.size : isAlone(key);
  };
  const tellLevel = (value) => (value <= OFF ? "off" : `${value.toFixed(1).replace("-", "−")} dB`);

  const showMix = () => {
    for (const button of all(".voice")) button.setAttribute("aria-pressed", isChosen(button.dataset.key));
    for (const [key, strip] of strips) {
      const value = Number(fader(key).value);
      fader(key).setAttribute("aria-valuetext", tellLevel(value));
      strip.querySelector(".level").textContent = tellLevel(value);
      strip.querySelector(".solo").setAttribute("aria-pressed", heard.solo.has(key));
      strip.querySelector(".mute").setAttribute("aria-pressed", heard.mute.has(key));
      strip.classList.toggle("silent", !heard.recording && level(key) === -Infinity);
    }
    player.level();
  };

  const choose = (key) => {
    heard.recording = key === "0";
    if (key !== "0") heard.solo = new Set(strips.has(key) ? [key] : []);
    heard.mute.delete(key);
    showMix();
  };

  const flip = (set, key) => {
    if (!set.delete(key)) set.add(key);
    heard.recording = false;
    showMix();
  };

  const fail = (error) => say(`Not possible: ${error.message}.`);
  const start = () => player.play().catch(fail);
  const go = (seconds) => player.go(seconds).catch(fail);
  const toggle = () => (player.playing ? player.pause() : start());
  const keys = {
    " ": toggle,
    ArrowLeft: () => go(player.position - STEP),
    ArrowRight: () => go(player.position + STEP),
    Home: () => go(0),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // A focused button or summary takes the space bar itself, a fader the arrows.
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    if (event.key.length > 1 && event.target.closest(".strip input")) return;
    const known = event.key === "m" || event.key === "0" || strips.has(event.key);
    const act = keys[event.key] || (known && (() => choose(event.key)));
    if (!act) return;
    event.preventDefault();
    act();
  });
  play.addEventListener("click", toggle);
  seek.addEventListener("input", () => go(Number(seek.value)));
  for (const button of all(".voice")) button.addEventListener("click", () => choose(button.dataset.key));
  for (const [key, strip] of strips) {
    fader(key).addEventListener("input", () => { heard.recording = false; showMix(); });
    fader(key).addEventListener("dblclick", () => { fader(key).value = 0; showMix(); });
    strip.querySelector(".solo").addEventListener("click", () => flip(heard.solo, key));
    strip.querySelector(".mute").addEventListener("click", () => flip(heard.mute, key));
  }
  for (const track of all(".track")) {
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      go(((event.clientX - box.left) / box.width) * duration);
    });
  }
  picture.addEventListener("loadedmetadata", show);

  find("#reset").addEventListener("click", () => {
    for (const key of strips.keys()) fader(key).value = 0;
    heard.solo.clear();
    heard.mute.clear();
    heard.recording = false;
    showMix();
    say("All faders are at 0 dB: this mix is the recording.");
  });

  // The mix is saved as the faders stand, also while the recording is heard.
  const save = async (make) => {
    const buttons = all(".saving button");
    for (const button of buttons) button.disabled = true;
    try {
      const told = (share) => say(`Mixing: ${Math.floor(100 * share)} %`);
      download(await make(mix(), told), `${dataset.stem}.mix.wav`);
      say(`Saved ${dataset.stem}.mix.wav`);
    } catch (error) {
      fail(error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };

  // Of the chosen files those that are heard; a browser lets a page read no others.
  const pick = (files, factors) => {
    const wanted = [...factors].filter(([, value]) => value).map(([key, value]) => [strips.get(key).dataset.file, value]);
    const named = new Map([...files].map((file) => [file.name.normalize(), file]));
    const missing = wanted.map(([name]) => name).filter((name) => !named.has(name.normalize()));
    if (!wanted.length) throw new Error("nothing is heard in this mix");
    if (missing.length) throw new Error(`choose also ${missing.join(", ")}`);
    return wanted.map(([name, value]) => [named.get(name.normalize()), value]);
  };

  find("#save-mix").addEventListener("click", () => save((factors, told) => mixPieces(store, factors, told)));
  find("#choose")?.addEventListener("click", () => find("#files").click());
  find("#files")?.addEventListener("change", ({ target }) => {
    const files = [...target.files];
    target.value = "";
    if (files.length) save(async (factors, told) => mixFiles(pick(files, factors), told));
  });
  find("#save-levels").addEventListener("click", () => {
    const lines = [...strips].map(([key, strip]) => (
      { name: strip.dataset.name, number: Number(strip.dataset.number), level: level(key) }
    ));
    const text = writeSettings(lines, dataset.recording), name = `${dataset.stem}.levels.toml`;
    download(new Blob([text], { type: "application/toml" }), name);
    say(`Saved ${name}${findOthers(lines).length ? "" : ": these levels are no --others"}`);
  });
  showMix();
  show();
  player.warm();
})();
