// Web Audio: decode each stream once, and switch what sounds at one instant.

/** Seconds of the crossfade at a switch, and of the delay within which it is prepared. */
const SWITCH_SECONDS = 0.01;
const AHEAD_SECONDS = 0.03;

class Player {
  /** @param folder folder of the audio beside the page, or null if it is in the page */
  constructor(folder, onend) {
    this.folder = folder;
    this.onend = onend;
    this.context = null;
    this.buffers = new Map();
    this.files = new Map();
    this.voices = [];
    this.playing = false;
    this.position = 0; // where playback starts, or stands
    this.startTime = 0; // time of the context at that position
    this.request = 0;
  }

  /** Seconds of the audio that sound now. */
  now() {
    if (!this.playing) return this.position;
    const late = this.context.outputLatency || 0;
    const passed = this.context.currentTime - this.startTime - late;
    return Math.min(this.seconds, this.position + Math.max(0, passed));
  }

  /** Decode a stream; a promise of its buffer. */
  buffer(name) {
    if (!this.buffers.has(name)) {
      this.context ??= new AudioContext();
      const decoded = this.bytes(name).then((bytes) => this.context.decodeAudioData(bytes));
      this.buffers.set(name, decoded);
    }
    return this.buffers.get(name);
  }

  /** Free the buffers of all streams but some. */
  keep(names) {
    for (const name of this.buffers.keys()) if (!names.includes(name)) this.buffers.delete(name);
  }

  async bytes(name) {
    const text = this.folder ? await this.script(name) : byId(`audio-${name}`).textContent;
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes.buffer;
  }

  /** Load a file beside the page: a script, since pages on a disk may not read files. */
  script(name) {
    return new Promise((resolve, reject) => {
      this.files.set(name, resolve);
      const source = `${this.folder}/${name}.mp3.js`;
      const fail = () => reject(new Error(`${source} is missing: it belongs beside this page.`));
      document.head.append(element("script", { src: encodeURI(source), onerror: fail }));
    });
  }

  /**
   * Choose the streams that sound, [{audio, gain}], and the length of the audio. While playing,
   * those before fade out at the same instant. `move` gives the new position for the present one.
   */
  async sound(streams, seconds, move = (position) => position) {
    const request = ++this.request;
    const buffers = await Promise.all(streams.map((stream) => this.buffer(stream.audio)));
    if (request !== this.request) return; // another choice was made meanwhile
    const time = this.context.currentTime + AHEAD_SECONDS;
    const running = this.playing ? this.position + (time - this.startTime) : this.position;
    const offset = Math.min(Math.max(0, move(running)), seconds);
    this.silence(time);
    this.seconds = seconds;
    this.position = offset;
    this.startTime = time;
    if (!this.playing) return;
    this.voices = buffers.map((buffer, i) => this.voice(buffer, streams[i].gain, time, offset));
    const [first] = this.voices;
    first.source.onended = () => {
      if (this.playing && this.voices[0] === first) this.finish();
    };
  }

  voice(buffer, gain, time, offset) {
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const fader = new GainNode(this.context, { gain: 0 });
    fader.gain.setValueAtTime(0, time);
    fader.gain.linearRampToValueAtTime(gain, time + SWITCH_SECONDS);
    source.connect(fader).connect(this.context.destination);
    source.start(time, offset);
    return { source, fader, gain };
  }

  /** Fade out what sounds. */
  silence(time) {
    for (const { source, fader, gain } of this.voices) {
      fader.gain.setValueAtTime(gain, time);
      fader.gain.linearRampToValueAtTime(0, time + SWITCH_SECONDS);
      source.stop(time + SWITCH_SECONDS);
    }
    this.voices = [];
  }

  async play(streams, seconds) {
    this.context ??= new AudioContext();
    this.context.resume();
    const request = ++this.request;
    await Promise.all(streams.map((stream) => this.buffer(stream.audio)));
    if (request !== this.request) return;
    const start = this.position;
    this.startTime = this.context.currentTime;
    this.playing = true;
    await this.sound(streams, seconds, () => start);
  }

  pause() {
    if (!this.playing) return;
    this.position = this.now();
    this.playing = false;
    this.request++;
    this.silence(this.context.currentTime);
  }

  finish() {
    this.playing = false;
    this.voices = [];
    this.position = this.seconds;
    this.onend();
  }
}
