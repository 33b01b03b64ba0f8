"use strict";
// Sounds in pieces. A browser decodes each when it is due and forgets it afterwards, so memory
// does not grow with the length of a recording. All sounds are cut at the same places and begin
// on the same sample: they stay in step by construction.
const RATE = 48000; // Hz, of the copies
const KEPT = 3; // pieces that stay decoded, and parts that stay loaded
const AHEAD = 0.06; // s between the order to play and the first sample
const SMOOTH = 0.012; // s in which a level changes, so that it does not click

const remember = (cache, key, make) => {
  if (!cache.has(key)) {
    cache.set(key, make());
    if (cache.size > KEPT) cache.delete(cache.keys().next().value);
  }
  return cache.get(key);
};

class Store {
  // `cutting`: seconds of a piece and of its margins, pieces in a part. `seconds`: of the sounds.
  constructor(cutting, seconds) {
    this.cutting = cutting;
    this.seconds = seconds;
    this.count = Math.max(1, Math.ceil(seconds / cutting.piece));
    this.decoded = new Map();
    this.parts = new Map();
    this.waiting = new Map();
    window.takePieces = (part, pieces) => this.waiting.get(part)?.(pieces);
  }

  // Where a piece begins, and how long it lasts, margins left out.
  place(number) {
    const start = number * this.cutting.piece;
    return { start, length: Math.min(this.cutting.piece, this.seconds - start) };
  }

  // Seconds of a decoded piece that come before what is played of it.
  lead(number) { return Math.min(this.cutting.margin, number * this.cutting.piece); }

  // A piece of all sounds, decoded: a promise of buffers by key.
  get(number) {
    return remember(this.decoded, number, () => this.decode(number).catch((error) => {
      this.decoded.delete(number);
      throw error;
    }));
  }

  async decode(number) {
    this.decoder ??= new OfflineAudioContext(1, 1, RATE);
    const piece = await this.read(number);
    const sounds = await Promise.all(Object.entries(piece).map(async ([key, text]) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      return [key, await this.decoder.decodeAudioData(bytes.buffer)];
    }));
    return new Map(sounds);
  }

  async read(number) {
    const inside = document.querySelector(`#piece-${number}`);
    if (inside) return JSON.parse(inside.textContent);
    const part = Math.floor(number / this.cutting.part);
    const pieces = await remember(this.parts, part, () => this.load(part));
    return pieces[number % this.cutting.part];
  }

  // From a file a page may load scripts that lie beside it, and nothing else.
  load(part) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const name = `report.sounds-${String(part + 1).padStart(2, "0")}.js`;
      const end = (settle) => {
        this.waiting.delete(part);
        script.remove();
        settle();
      };
      this.waiting.set(part, (pieces) => end(() => resolve(pieces)));
      script.onerror = () => end(() => {
        this.parts.delete(part);
        reject(new Error(`${name} does not lie beside this page`));
      });
      script.src = name;
      document.head.append(script);
    });
  }
}

class Player {
  // `levels` gives the factor of each sound by key, `told` is called when something has changed.
  constructor(store, levels, told) {
    Object.assign(this, { store, levels, told, playing: false, offset: 0, run: 0 });
    this.gains = new Map();
    this.nodes = new Set();
  }

  get first() {
    return Math.min(this.store.count - 1, Math.floor(this.offset / this.store.cutting.piece));
  }

  // Decode what would be played first, so that it comes at once; what fails shows when it is due.
  warm() { this.store.get(this.first).catch(() => {}); }

  get position() {
    if (!this.playing || this.began === undefined) return this.offset;
    const since = this.context.currentTime - (this.context.outputLatency || 0) - this.began;
    return Math.min(this.store.seconds, this.offset + Math.max(0, since));
  }

  async play() {
    if (this.playing) return;
    if (this.offset >= this.store.seconds) this.offset = 0;
    const run = ++this.run;
    this.playing = true;
    this.began = undefined;
    this.told();
    try {
      // At the copies' own rate: what is decoded is not resampled.
      this.context ??= new AudioContext({ sampleRate: RATE });
      await this.context.resume();
      const { first } = this;
      const sounds = await this.store.get(first);
      if (run !== this.run) return;
      this.began = this.context.currentTime + AHEAD;
      this.lay(first, sounds);
      this.follow(first + 1, run);
      this.told();
    } catch (error) {
      if (run === this.run) this.pause();
      throw error;
    }
  }

  pause() {
    this.offset = this.position;
    this.playing = false;
    this.run += 1;
    for (const node of this.nodes) node.stop();
    this.nodes.clear();
    this.told();
  }

  go(seconds) {
    const playing = this.playing;
    if (playing) this.pause();
    this.offset = Math.min(Math.max(seconds, 0), this.store.seconds);
    this.told();
    if (playing) return this.play();
    this.warm();
    return Promise.resolve();
  }

  // Have a piece follow those that are laid out already; the next when it begins to sound.
  async follow(number, run) {
    if (number >= this.store.count) return;
    try {
      const sounds = await this.store.get(number);
      if (run === this.run) this.lay(number, sounds);
    } catch (error) {
      if (run !== this.run) return;
      this.pause();
      this.told(error);
    }
  }

  // Start all sounds of a piece at the moment that is theirs.
  lay(number, sounds) {
    const { start, length } = this.store.place(number), run = this.run;
    const due = this.began + start - this.offset;
    const late = Math.max(0, this.context.currentTime - due, this.offset - start);
    if (late >= length) {
      this.follow(number + 1, run);
      return;
    }
    let last;
    for (const [key, buffer] of sounds) {
      const node = this.context.createBufferSource();
      node.buffer = buffer;
      node.connect(this.channel(key));
      node.start(due + late, this.store.lead(number) + late, length - late);
      node.addEventListener("ended", () => this.nodes.delete(node));
      this.nodes.add(node);
      last = node;
    }
    last.addEventListener("ended", () => {
      if (run !== this.run) return;
      if (number + 1 >= this.store.count) this.finish();
      else this.follow(number + 2, run);
    });
  }

  finish() {
    this.pause();
    this.offset = this.store.seconds;
    this.told();
  }

  channel(key) {
    if (!this.gains.has(key)) {
      const gain = this.context.createGain();
      gain.gain.value = this.levels().get(key) ?? 0;
      gain.connect(this.context.destination);
      this.gains.set(key, gain);
    }
    return this.gains.get(key);
  }

  // Bring all sounds to the levels that count now.
  level() {
    const levels = this.levels();
    for (const [key, { gain }] of this.gains) {
      gain.setTargetAtTime(levels.get(key) ?? 0, this.context.currentTime, SMOOTH / 3);
    }
  }
}
