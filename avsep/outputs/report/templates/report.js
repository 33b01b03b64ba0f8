"use strict";
// One sound is heard at a time and leads; the others and the picture stay where it is.
(() => {
  const STEP = 5, DRIFT = 0.08; // s
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const duration = Number(find("main").dataset.duration);
  const picture = find("#picture"), play = find("#play"), seek = find("#seek"), time = find("#time");
  const sounds = new Map(all("audio").map((sound) => [sound.dataset.key, sound]));
  let heard = sounds.get("0");

  const clock = (seconds) => {
    const tenths = Math.round(seconds * 10), minutes = Math.floor(tenths / 600);
    const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
    const hours = Math.floor(minutes / 60);
    return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  const show = () => {
    const now = heard.currentTime;
    document.documentElement.style.setProperty("--at", now / duration);
    seek.value = now;
    seek.setAttribute("aria-valuetext", clock(now));
    time.value = clock(now);
    play.textContent = heard.paused ? "▶" : "❚❚";
    play.setAttribute("aria-label", heard.paused ? "Play" : "Pause");
    if (Math.abs(picture.currentTime - now) > DRIFT && now < picture.duration) picture.currentTime = now;
    if (!heard.paused) requestAnimationFrame(show);
  };

  const start = () => {
    heard.play().then(show, show);
    picture.play().catch(() => {}); // the sound goes on without a picture
  };

  const stop = () => {
    heard.pause();
    picture.pause();
    show();
  };

  const go = (seconds) => {
    heard.currentTime = Math.min(Math.max(seconds, 0), duration);
    show();
  };

  const choose = (key) => {
    const before = heard, playing = !before.paused, next = sounds.get(key);
    if (!next) return;
    before.pause();
    heard = next;
    heard.currentTime = before.currentTime;
    for (const button of all(".voice")) button.setAttribute("aria-pressed", button.dataset.key === key);
    if (playing) start(); else show();
  };

  const toggle = () => (heard.paused ? start() : stop());
  const keys = {
    " ": toggle,
    ArrowLeft: () => go(heard.currentTime - STEP),
    ArrowRight: () => go(heard.currentTime + STEP),
    Home: () => go(0),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // A focused button or summary takes the space bar itself.
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    const act = keys[event.key] || (sounds.has(event.key) && (() => choose(event.key)));
    if (!act) return;
    event.preventDefault();
    act();
  });
  play.addEventListener("click", toggle);
  seek.addEventListener("input", () => go(Number(seek.value)));
  for (const button of all(".voice")) button.addEventListener("click", () => choose(button.dataset.key));
  for (const track of all(".track")) {
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      go(((event.clientX - box.left) / box.width) * duration);
    });
  }
  for (const sound of sounds.values()) {
    sound.addEventListener("ended", stop);
    sound.addEventListener("loadedmetadata", show);
  }
  picture.addEventListener("loadedmetadata", show);
  document.body.classList.add("live");
  show();
})();
