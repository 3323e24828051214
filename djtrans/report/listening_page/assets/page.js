// The page: what is chosen, and the controls that choose it.

const content = JSON.parse(byId("content").textContent);
const transitions = content.transitions;
const REFERENCES = [
  ["a", "A alone"],
  ["b", "B alone"],
  ["crossfade", "Crossfade"],
];
const KEYS = [
  ["space", "play or pause"],
  ["← →", "one bar back or forward; with Shift, one beat"],
  ["Home, End", "to the start, to the end"],
  ["S", "to two bars before the swap"],
  ["1 to 9", "choose what is played, at the same instant"],
  ["A, B", "mute a track"],
  ["U", "unmute everything"],
];

/** The transition, what is played of it, and the parts of the mix that are muted. */
const state = { index: 0, source: "mix", muted: new Set() };
const current = () => transitions[state.index];
const player = new Player(content.audio_folder, () => refresh());
const timeline = new Timeline(byId("timeline"), (seconds) => seek(seconds));
timeline.onresize = () => timeline.move(player.now());

/** What number keys choose: the mix of each transition, then the references. */
const choices = [
  ...transitions.map((transition, index) => ({ index, source: "mix", name: transition.name })),
  ...REFERENCES.map(([source, name]) => ({ index: null, source, name })),
];
window.djtransAudio = (name, encoded) => player.files.get(name)(encoded);

const amplitude = (decibels) => 10 ** (decibels / 20);
const isMuted = (part) =>
  state.muted.has(part.track) || (part.stem !== "" && state.muted.has(`${part.track}/${part.stem}`));

/** The streams that sound: one player, or the parts of the mix that are not muted. */
function streams() {
  const t = current();
  const chosen = t.players[state.source];
  const gain = amplitude(chosen.gain_db);
  if (state.source !== "mix" || !t.parts.some(isMuted)) return [{ audio: chosen.audio, gain }];
  // All parts are decoded at the first mute, so that each further one is immediate.
  return t.parts.map((part) => ({ audio: part.audio, gain: isMuted(part) ? 0 : gain }));
}

/** Names of the streams that are decoded ahead: one player of each choice. */
const ahead = () => [
  ...transitions.map((t) => t.players.mix.audio),
  ...REFERENCES.map(([source]) => current().players[source].audio),
];

function report(error) {
  byId("status").textContent = error.message;
  byId("status").className = "error";
}

const sound = (move) => player.sound(streams(), current().seconds, move).then(refresh, report);

function choose(index, source) {
  const before = current();
  const moved = index !== null && index !== state.index;
  if (moved) state.index = index;
  state.source = source;
  const t = current();
  // Transitions are compared at the same distance from their swaps.
  const shift = secondsOf(t, t.swap_bar) - secondsOf(before, before.swap_bar);
  if (moved) {
    player.keep([...ahead(), ...streams().map((stream) => stream.audio)]);
    show();
  }
  sound(moved ? (position) => position + shift : undefined);
  update();
  byId("status").textContent = `${nameOfChoice()} is played`;
}

const nameOfChoice = () =>
  state.source === "mix" ? current().name : REFERENCES.find(([source]) => source === state.source)[1];

function mute(key) {
  if (state.muted.has(key)) state.muted.delete(key);
  else state.muted.add(key);
  state.source = "mix";
  sound();
  update();
}

function unmute() {
  state.muted.clear();
  sound();
  update();
}

function toggle() {
  if (player.playing) {
    player.pause();
    refresh();
    return;
  }
  if (player.position >= current().seconds - 0.05) player.position = 0;
  player.play(streams(), current().seconds).then(refresh, report);
}

function seek(seconds) {
  const to = Math.min(Math.max(0, seconds), current().seconds);
  if (player.playing) sound(() => to);
  else {
    player.position = to;
    refresh();
  }
}

/** Move by beats, onto the grid. */
function step(beats, grid) {
  const t = current();
  const here = barOf(t, player.now()) * t.beats_per_bar;
  const on = beats > 0 ? Math.floor(here / grid + 1e-3) : Math.ceil(here / grid - 1e-3);
  seek(secondsOf(t, (on * grid + beats) / t.beats_per_bar));
}

/** Show position and state of playback; while playing, in each frame. */
let frame = 0;
function refresh() {
  const t = current();
  const seconds = player.now();
  timeline.move(seconds);
  const bar = barOf(t, seconds);
  byId("position").textContent = `${barText(t, bar)} · ${clockText(seconds)} / ${clockText(t.seconds)}`;
  const paragraphs = [...byId("plan").querySelectorAll("[data-bar]")];
  const now = paragraphs.findLast((paragraph) => Number(paragraph.dataset.bar) <= bar + 1e-3);
  for (const paragraph of paragraphs) paragraph.classList.toggle("now", paragraph === now);
  const slider = byId("seek");
  slider.style.setProperty("--part", seconds / t.seconds);
  slider.setAttribute("aria-valuenow", seconds.toFixed(1));
  slider.setAttribute("aria-valuetext", `${barText(t, bar)}, ${clockText(seconds)}`);
  const play = byId("play");
  play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
  play.classList.toggle("playing", player.playing);
  cancelAnimationFrame(frame);
  if (player.playing) frame = requestAnimationFrame(refresh);
}

/** Show which choices and mutes are on. */
function update() {
  for (const button of byId("players").children) {
    const { index, source } = choices[button.dataset.choice];
    const on = source === state.source && (index ?? state.index) === state.index;
    button.setAttribute("aria-pressed", String(on));
  }
  for (const button of byId("mutes").querySelectorAll("button")) {
    const [track] = button.dataset.key.split("/");
    const on = state.muted.has(button.dataset.key);
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("silent", on || state.muted.has(track));
  }
  const t = current();
  for (const track of ["a", "b"]) {
    const silent = state.source === "mix" ? state.muted.has(track) : state.source === { a: "b", b: "a" }[track];
    byId("timeline").querySelector(`.lane.${track}`)?.classList.toggle("silent", silent);
  }
  byId("mute-note").textContent = muteNote(t);
}

/** What is played where something is muted. */
function muteNote(t) {
  const master = t.master ? ` and without ${t.master} on the mix` : "";
  const notes = [
    `Mutes apply to the mix: what is left plays as it is in the mix, after faders, EQ, filters and effects${master}.`,
  ];
  if (t.parts.some((part) => part.stem === "unseparated"))
    notes.push("More than 4 bars from the window a track is not separated.");
  if (t.parts.every((part) => part.stem === ""))
    notes.push(`Single stems can be muted in ${transitions[0].name}.`);
  return notes.join(" ");
}

function muteGroup(track) {
  const t = current();
  const stems = t.parts.filter((part) => part.track === track && !["", "unseparated"].includes(part.stem));
  const button = (key, name, label) =>
    element("button", { type: "button", class: `mute ${track}`, "data-key": key, "aria-label": label, onclick: () => mute(key) }, name);
  const name = track.toUpperCase();
  return element(
    "div",
    { class: "group-of-mutes", role: "group", "aria-label": `Mute ${name}` },
    button(track, name, `Mute ${name}`),
    ...stems.map(({ stem }) => button(`${track}/${stem}`, stem, `Mute ${stem} of ${name}`)),
  );
}

/** Build everything that depends on the transition. */
function show() {
  const t = current();
  byId("subtitle").textContent = t.subtitle;
  byId("mutes").replaceChildren(element("span", { class: "label" }, "Mute"), muteGroup("a"), muteGroup("b"));
  byId("plan").replaceChildren(...planTexts(t, (bar) => seek(secondsOf(t, bar))));
  byId("measured").replaceChildren(...gateTexts(t));
  if (transitions.length > 1)
    byId("candidates").replaceChildren(...candidateTable(transitions, state.index, (i) => choose(i, "mix")));
  const slider = byId("seek");
  const part = (bar) => `${(100 * secondsOf(t, bar)) / t.seconds}%`;
  slider.setAttribute("aria-valuemin", "0");
  slider.setAttribute("aria-valuemax", t.seconds.toFixed(1));
  for (const [name, bar] of [["start", 0], ["stop", t.bars], ["swap-at", t.swap_bar]])
    slider.style.setProperty(`--${name}`, part(bar));
  timeline.show(t);
  update();
  refresh();
}

function onkey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const t = current();
  const beats = t.beats_per_bar;
  const isControl = event.target.closest("button, summary, a");
  const actions = {
    " ": () => toggle(),
    ArrowLeft: () => (event.shiftKey ? step(-1, 1) : step(-beats, beats)),
    ArrowRight: () => (event.shiftKey ? step(1, 1) : step(beats, beats)),
    Home: () => seek(0),
    End: () => seek(t.seconds),
    s: () => seek(secondsOf(t, t.swap_bar - 2)),
    a: () => mute("a"),
    b: () => mute("b"),
    u: () => unmute(),
  };
  const number = /^[1-9]$/.test(event.key) ? choices[Number(event.key) - 1] : undefined;
  const action = number ? () => choose(number.index, number.source) : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || (event.key === " " && isControl)) return;
  event.preventDefault();
  action();
}

byId("title").textContent = content.title;
byId("players").append(
  ...choices.map(({ index, source, name }, i) =>
    element(
      "button",
      { type: "button", class: source, "data-choice": i, "aria-keyshortcuts": i < 9 ? String(i + 1) : undefined, onclick: () => choose(index, source) },
      i < 9 ? element("kbd", { "aria-hidden": "true" }, String(i + 1)) : "",
      name,
    ),
  ),
);
byId("keys").append(...KEYS.map(([keys, what]) => element("li", {}, element("kbd", {}, keys), ` ${what}`)));
byId("play").addEventListener("click", toggle);
byId("seek").addEventListener("click", (event) => {
  const box = byId("seek").getBoundingClientRect();
  seek(((event.clientX - box.left) / box.width) * current().seconds);
});
document.addEventListener("keydown", onkey);
// After a click the space bar plays and pauses again; who uses Tab keeps the focus.
document.addEventListener("click", (event) => event.detail > 0 && event.target.closest("button")?.blur());
show();
Promise.all(ahead().map((name) => player.buffer(name))).then(
  () => document.body.classList.add("ready"),
  report,
);
