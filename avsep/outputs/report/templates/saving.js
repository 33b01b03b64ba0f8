"use strict";
// What can be saved: the mix as a WAV file, the levels as settings.
const LARGEST = 2 ** 32 - 2 ** 16; // bytes that the header of a WAV file can count
const AT_ONCE = 2 ** 19; // samples of each channel that are mixed at once
const FLOAT = 3, WHOLE = 1, EXTENSIBLE = 0xfffe; // formats of samples

const download = (content, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

const decibels = (value) => 10 ** (value / 20);

// The header of a WAV file of 32-bit float samples, which no sum can clip.
const writeHeader = ({ channels, rate, samples }) => {
  const bytes = samples * channels * 4;
  if (bytes > LARGEST) throw new Error("the mix would be larger than a WAV file may be, 4 GiB");
  const view = new DataView(new ArrayBuffer(58));
  const words = [[0, "RIFF"], [8, "WAVE"], [12, "fmt "], [38, "fact"], [50, "data"]];
  for (const [at, word] of words) [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  const numbers = [[4, 50 + bytes], [16, 18], [24, rate], [28, rate * channels * 4], [42, 4], [46, samples], [54, bytes]];
  for (const [at, number] of numbers) view.setUint32(at, number, true);
  for (const [at, number] of [[20, FLOAT], [22, channels], [32, channels * 4], [34, 32]]) view.setUint16(at, number, true);
  return view.buffer;
};

// The mix of the page's small copies: mono. `levels`: factors by key, `told` hears how far it is.
const mixPieces = async (store, levels, told) => {
  const samples = Math.round(store.seconds * RATE);
  const parts = [writeHeader({ channels: 1, rate: RATE, samples })];
  const heard = [...levels].filter(([, factor]) => factor);
  for (let number = 0; number < store.count; number += 1) {
    const { start, length } = store.place(number), skipped = Math.round(store.lead(number) * RATE);
    const sum = new Float32Array(Math.round((start + length) * RATE) - Math.round(start * RATE));
    const sounds = await store.get(number);
    for (const [key, factor] of heard) {
      const sound = sounds.get(key).getChannelData(0).subarray(skipped, skipped + sum.length);
      for (let i = 0; i < sound.length; i += 1) sum[i] += factor * sound[i];
    }
    parts.push(new Blob([sum])); // a browser may keep these on the disk
    told((number + 1) / store.count);
  }
  return new Blob(parts, { type: "audio/wav" });
};

const readText = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

// What a WAV or RF64 file holds, and where.
const readHeader = async (file) => {
  const fail = (why) => { throw new Error(`${file.name} ${why}`); };
  const read = async (start, length) => new DataView(await file.slice(start, start + length).arrayBuffer());
  const first = await read(0, 12);
  if (first.byteLength < 12 || !["RIFF", "RF64"].includes(readText(first, 0))) fail("is no WAV file");
  let large, wave;
  for (let at = 12; at + 8 <= file.size;) {
    const chunk = await read(at, 48), name = readText(chunk, 0);
    let bytes = chunk.getUint32(4, true);
    if (name === "ds64") large = Number(chunk.getBigUint64(16, true));
    if (name === "fmt ") {
      const format = chunk.getUint16(8, true);
      const kind = format === EXTENSIBLE ? chunk.getUint16(32, true) : format;
      wave = { kind, channels: chunk.getUint16(10, true), rate: chunk.getUint32(12, true), width: chunk.getUint16(22, true) / 8 };
    }
    if (name === "data") {
      if (!wave) fail("is damaged");
      if (bytes === 0xffffffff) bytes = large;
      const known = wave.kind === FLOAT ? wave.width === 4 : wave.kind === WHOLE && [2, 3].includes(wave.width);
      if (!known) fail("holds samples of a kind that this page can't read");
      if (at + 8 + bytes > file.size) fail("is cut off");
      return { ...wave, file, start: at + 8, samples: bytes / wave.width / wave.channels };
    }
    at += 8 + bytes + (bytes % 2);
  }
  return fail("holds no sound");
};

// Samples of all channels, interleaved, in [-1, 1].
const readSamples = async ({ file, start, kind, channels, width }, first, last) => {
  const frame = width * channels;
  const bytes = await file.slice(start + first * frame, start + last * frame).arrayBuffer();
  if (kind === FLOAT) return new Float32Array(bytes);
  if (width === 2) return Float32Array.from(new Int16Array(bytes), (value) => value / 2 ** 15);
  const octets = new Uint8Array(bytes), sound = new Float32Array(octets.length / 3);
  for (let i = 0; i < sound.length; i += 1) {
    sound[i] = ((octets[3 * i] << 8 | octets[3 * i + 1] << 16 | octets[3 * i + 2] << 24) >> 8) / 2 ** 23;
  }
  return sound;
};

// The mix of the files of the result, in all their channels: [[file, factor]].
const mixFiles = async (chosen, told) => {
  const sounds = await Promise.all(chosen.map(async ([file, factor]) => ({ ...(await readHeader(file)), factor })));
  const [{ channels, rate, samples }] = sounds;
  const other = sounds.find((sound) => sound.channels !== channels || sound.rate !== rate || sound.samples !== samples);
  if (other) throw new Error(`${other.file.name} and ${sounds[0].file.name} are not of one recording`);
  const parts = [writeHeader({ channels, rate, samples })];
  for (let first = 0; first < samples; first += AT_ONCE) {
    const last = Math.min(first + AT_ONCE, samples), sum = new Float32Array((last - first) * channels);
    for (const sound of sounds) {
      const block = await readSamples(sound, first, last);
      for (let i = 0; i < sum.length; i += 1) sum[i] += sound.factor * block[i];
    }
    parts.push(new Blob([sum]));
    told(last / samples);
  }
  return new Blob(parts, { type: "audio/wav" });
};

// For `--others`: how far what is no voice of a speaker lies below it, where that is one level.
const findOthers = (lines) => lines.filter((line) => line.number).flatMap((line) => {
  const others = new Set(lines.filter((other) => other !== line).map((other) => other.level));
  const [level] = others;
  if (others.size !== 1 || line.level === -Infinity || level === -Infinity || level >= line.level) return [];
  return [`${line.number}=${(level - line.level).toFixed(1)}dB`];
});

// Settings in TOML: the levels to read, and what `avsep split` can do with them.
const writeSettings = (lines, recording) => {
  const plain = (text) => text.replace(/[\x00-\x1f\x7f]/g, " ");
  const others = findOthers(lines);
  const heard = lines.map(({ name, level }) => `#   ${level === -Infinity ? "off" : `${level.toFixed(1)} dB`}  ${plain(name)}`);
  const said = others.length
    ? ["# How much of all others stays in a voice:", `others = "${others.join(",")}"`]
    : ["# These levels are no --others: it knows one level for all that is not the voice, below it."];
  return [`# Levels from the page of ${plain(recording)}:`, ...heard, ...said, ""].join("\n");
};
