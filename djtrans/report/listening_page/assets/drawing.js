// What uPlot does not draw itself: grid, waveforms, ownership and rulers. Canvas pixels throughout.

let colours = {};
const colour = (name) =>
  (colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
const pixels = (size) => size * devicePixelRatio;
const across = (u, bar) => u.valToPos(bar, "x", true);
const down = (u, value) => u.valToPos(value, "y", true);

/** The distance of numbered bars, so that labels do not touch. */
function barStep(transition, width) {
  const room = (width / (transition.last - transition.first)) | 0;
  return [1, 2, 4, 8, 16, 32].find((step) => step * room >= 34) ?? 64;
}

/** Shade the context, and draw bar lines and the swap. */
function drawGrid(u, transition) {
  const { ctx, bbox } = u;
  const { left, top, width, height } = bbox;
  ctx.save();
  ctx.fillStyle = colour("panel");
  ctx.fillRect(left, top, width, height);
  ctx.fillStyle = colour("muted");
  ctx.globalAlpha = 0.13;
  const [start, stop] = [across(u, 0), across(u, transition.bars)];
  ctx.fillRect(left, top, Math.max(0, start - left), height);
  ctx.fillRect(stop, top, Math.max(0, left + width - stop), height);
  ctx.globalAlpha = 1;
  const step = barStep(transition, width / devicePixelRatio);
  ctx.strokeStyle = colour("grid");
  ctx.lineWidth = pixels(1);
  ctx.beginPath();
  for (let bar = Math.ceil(transition.first / step) * step; bar <= transition.last; bar += step) {
    ctx.moveTo(across(u, bar), top);
    ctx.lineTo(across(u, bar), top + height);
  }
  ctx.stroke();
  ctx.restore();
}

function drawSwap(u, transition) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = colour("swap");
  ctx.lineWidth = pixels(1);
  ctx.setLineDash([pixels(4), pixels(3)]);
  ctx.beginPath();
  ctx.moveTo(across(u, transition.swap_bar), bbox.top);
  ctx.lineTo(across(u, transition.swap_bar), bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Draw a symmetric band between two outlines, [columns], around the middle. */
function fillBand(u, transition, inner, outer, fill, alpha) {
  const { ctx } = u;
  const columns = outer.length;
  const x = (i) => across(u, transition.first + ((transition.last - transition.first) * i) / columns);
  ctx.save();
  ctx.fillStyle = fill;
  ctx.globalAlpha = alpha;
  for (const sign of [1, -1]) {
    ctx.beginPath();
    ctx.moveTo(x(0), down(u, sign * inner[0]));
    for (let i = 0; i < columns; i++) ctx.lineTo(x(i + 0.5), down(u, sign * outer[i]));
    ctx.lineTo(x(columns), down(u, sign * outer[columns - 1]));
    for (let i = columns - 1; i >= 0; i--) ctx.lineTo(x(i + 0.5), down(u, sign * inner[i]));
    ctx.fill();
  }
  ctx.restore();
}

/** The outlines of stacked bands, [bands + 1][columns], the first at 0. */
function stack(bands, scale) {
  const outlines = [bands[0].map(() => 0)];
  for (const band of bands) outlines.push(band.map((peak, i) => outlines.at(-1)[i] + peak / scale));
  return outlines;
}

function loudestPeak(transition) {
  const sums = ["a", "b"].flatMap((track) =>
    ["before", "mixed"].map((kind) => {
      const [low, mid, high] = transition.lanes[track][kind];
      return low.reduce((most, peak, i) => Math.max(most, peak + mid[i] + high[i]), 1);
    }),
  );
  return Math.max(...sums);
}

/** Waveform in the mix over the untouched one, sections above, vocals below. */
function drawTrack(u, transition, track) {
  const lane = transition.lanes[track];
  const loudest = loudestPeak(transition);
  const whole = stack(lane.before, loudest);
  fillBand(u, transition, whole[0], whole[3], colour(track), Number(colour("ghost")));
  const bands = stack(lane.mixed, loudest);
  for (let band = 0; band < 3; band++)
    fillBand(u, transition, bands[band], bands[band + 1], colour(`${track}${band}`), 1);
  drawSections(u, lane);
  drawPhrases(u, lane, track);
  drawVocals(u, transition, lane);
}

function drawSections(u, lane) {
  const { ctx } = u;
  ctx.save();
  ctx.font = `${pixels(11)}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  lane.sections.forEach(([label, start, stop], index) => {
    const [left, right] = [across(u, start), across(u, stop)];
    const [top, bottom] = [down(u, 1.48), down(u, 1.1)];
    ctx.fillStyle = colour("muted");
    ctx.globalAlpha = index % 2 ? 0.3 : 0.16;
    ctx.fillRect(left, top, right - left, bottom - top);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour("text");
    if (ctx.measureText(label).width < right - left - pixels(6))
      ctx.fillText(label, (left + right) / 2, (top + bottom) / 2);
  });
  ctx.restore();
}

function drawPhrases(u, lane, track) {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour(`${track}-phrase`);
  ctx.lineWidth = pixels(1.25);
  for (const bar of lane.phrases) {
    const [x, top] = [across(u, bar), down(u, 1.1)];
    ctx.globalAlpha = 0.75;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, down(u, -1.05));
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x - pixels(4), top);
    ctx.lineTo(x + pixels(4), top);
    ctx.lineTo(x, top + pixels(6));
    ctx.fill();
  }
  ctx.restore();
}

function drawVocals(u, transition, lane) {
  const { ctx } = u;
  const beat = (i) => (transition.owners.first_beat + i) / transition.beats_per_bar;
  ctx.save();
  ctx.fillStyle = colour("vocals");
  for (const [flags, alpha] of [[lane.vocals_before, 0.35], [lane.vocals, 1]]) {
    ctx.globalAlpha = lane.vocals_sure ? alpha : alpha / 2;
    flags.forEach((sung, i) => {
      const [left, right] = [across(u, beat(i)), across(u, beat(i + 1))];
      if (sung) ctx.fillRect(left, down(u, -1.1), right - left + 1, down(u, -1.28) - down(u, -1.1));
    });
  }
  ctx.restore();
}

/** One row of blocks per role: the track that provides it on each beat. */
function drawOwners(u, transition) {
  const { ctx } = u;
  const roles = Object.values(transition.owners.roles);
  const fills = { a: colour("a"), b: colour("b"), both: colour("clash"), none: colour("empty") };
  ctx.save();
  roles.forEach((owners, row) => {
    const [top, bottom] = [down(u, roles.length - row - 0.12), down(u, roles.length - row - 0.88)];
    owners.forEach((owner, i) => {
      const start = (transition.owners.first_beat + i) / transition.beats_per_bar;
      const stop = start + 1 / transition.beats_per_bar;
      if (stop <= transition.first || start >= transition.last) return;
      const left = across(u, Math.max(start, transition.first));
      const right = across(u, Math.min(stop, transition.last));
      ctx.fillStyle = fills[owner];
      ctx.fillRect(left, top, right - left + 0.5, bottom - top);
    });
  });
  ctx.restore();
}

/** Numbers of bars, with the swap and the ends of the window named. */
function drawBars(u, transition) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const line = bbox.top + bbox.height * 0.74;
  const step = barStep(transition, bbox.width / devicePixelRatio);
  ctx.font = `${pixels(11)}px system-ui, sans-serif`;
  for (let bar = Math.ceil(transition.first / step) * step; bar < transition.last; bar += step) {
    const inside = bar >= 0 && bar < transition.bars;
    ctx.fillStyle = colour(inside ? "text" : "muted");
    ctx.fillText(bar < 0 ? `−${-bar}` : `${bar + 1}`, across(u, bar), line);
  }
  ctx.font = `600 ${pixels(11)}px system-ui, sans-serif`;
  ctx.fillStyle = colour("swap");
  const half = ctx.measureText("swap").width / 2;
  const x = across(u, transition.swap_bar);
  ctx.fillText("swap", Math.min(bbox.left + bbox.width - half, x), bbox.top + bbox.height * 0.26);
  ctx.restore();
}

/** Seconds of the audio. */
function drawSeconds(u, transition) {
  const { ctx, bbox } = u;
  const room = (bbox.width / devicePixelRatio / transition.seconds) | 0;
  const perLabel = [1, 2, 5, 10, 15, 30, 60].find((step) => step * room >= 48) ?? 120;
  ctx.save();
  ctx.font = `${pixels(11)}px system-ui, sans-serif`;
  ctx.fillStyle = colour("muted");
  ctx.textBaseline = "middle";
  ctx.textAlign = "center";
  for (let second = 0; second <= transition.seconds; second += perLabel) {
    const x = across(u, barOf(transition, second));
    if (x >= bbox.left - 1) ctx.fillText(clockText(second).slice(0, -2), Math.max(x, bbox.left + pixels(12)), bbox.top + bbox.height / 2);
  }
  ctx.restore();
}
