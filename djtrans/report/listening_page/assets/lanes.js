// The timeline: lanes on one axis of bars, with readings at the pointer or the playhead.

/** Width of the vertical axes in pixels, narrow on a phone. */
const axisWidth = () => (innerWidth < 720 ? 38 : 44);
const RIGHT = 10;
const DASHES = [[], [7, 3], [2, 2], [8, 3, 2, 3]];
const OWNER_WORDS = { a: "A", b: "B", both: "A and B", none: "none" };

class Timeline {
  /** @param onseek called with the seconds of a click */
  constructor(root, onseek) {
    this.root = root;
    this.onseek = onseek;
    this.lanes = [];
    this.playhead = element("div", { class: "playhead" });
    new ResizeObserver(() => this.resize()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      colours = {};
      for (const lane of this.lanes) lane.plot.redraw(false);
    });
  }

  /** Show the lanes of a transition. */
  show(transition) {
    for (const lane of this.lanes) lane.plot.destroy();
    this.transition = transition;
    this.width = 0;
    this.pointer = null;
    const lanes = [this.ruler("bars", drawBars, 36)];
    lanes.push(this.track("a"), this.track("b"), this.owners());
    let group = "";
    for (const panel of transition.panels) {
      lanes.push(this.curves(panel, panel.group === group ? "" : panel.group));
      group = panel.group;
    }
    lanes.push(this.ruler("seconds", drawSeconds, 22));
    this.lanes = lanes;
    this.root.replaceChildren(...lanes.map((lane) => lane.box), this.playhead);
    for (const lane of lanes) this.plot(lane);
    this.resize();
  }

  lane(title, height, rest) {
    const readings = element("div", { class: "readings" });
    const head = element("div", { class: "lane-head" }, element("h3", {}, title), readings);
    const place = element("div", { class: "plot" });
    const box = element("div", { class: `lane ${rest.kind}` }, head, place);
    return { box, place, readings, height, limits: [0, 1], ticks: [], lines: [], ...rest };
  }

  ruler(unit, draw, height) {
    const lane = this.lane("", height, { kind: "ruler", draw, bare: true });
    lane.read = (bar) => {
      const seconds = secondsOf(this.transition, bar);
      const text = unit === "bars" ? barText(this.transition, bar) : clockText(seconds);
      lane.readings.textContent = text;
    };
    return lane;
  }

  track(track) {
    const side = this.transition.lanes[track];
    const lane = this.lane(`${track.toUpperCase()}  ${side.label}`, 104, {
      kind: `track ${track}`,
      limits: [-1.34, 1.52],
      draw: (u) => drawTrack(u, this.transition, track),
    });
    lane.readings.textContent = side.facts;
    lane.box.querySelector("h3").title = side.label;
    return lane;
  }

  owners() {
    const roles = Object.keys(this.transition.owners.roles);
    const lane = this.lane("Ownership", 18 * roles.length + 6, {
      kind: "owners",
      limits: [0, roles.length],
      ticks: roles.map((role, row) => [roles.length - row - 0.5, role]),
      draw: (u) => drawOwners(u, this.transition),
    });
    lane.read = (bar) => {
      const { first_beat, roles: owned } = this.transition.owners;
      const beat = Math.floor(bar * this.transition.beats_per_bar + 1e-6) - first_beat;
      const words = roles.map((role) => `${role} ${OWNER_WORDS[owned[role][beat]] ?? "–"}`);
      lane.readings.textContent = words.join(", ");
    };
    return lane;
  }

  curves(panel, group) {
    const place = (value) => (panel.logarithmic ? Math.log10(value) : value);
    const counts = {};
    const lines = panel.lines.map((line) => {
      const dash = DASHES[(counts[line.track] = (counts[line.track] ?? -1) + 1) % DASHES.length];
      return { ...line, dash, y: line.values.map(place) };
    });
    const lane = this.lane(panel.title, 92, {
      kind: "curves",
      limits: panel.limits.map(place),
      ticks: panel.ticks.map(([value, label]) => [place(value), label]),
      lines,
    });
    if (group) lane.box.prepend(element("div", { class: "group" }, group));
    const values = lines.map((line) => {
      const value = element("b", {});
      const name = line.track === "mix" ? "mix" : line.track.toUpperCase();
      const dash = ["solid", "dashed", "dotted", "double"][DASHES.indexOf(line.dash)];
      const key = element("i", { class: `key ${line.track}`, style: `--dash:${dash}` });
      lane.readings.append(element("span", {}, key, `${name} ${line.label}`.trim(), value));
      return value;
    });
    lane.read = (bar) => {
      const { x } = this.transition;
      const index = Math.round(((bar - x[0]) / (x.at(-1) - x[0])) * (x.length - 1));
      const at = Math.min(Math.max(index, 0), x.length - 1);
      lines.forEach((line, i) => (values[i].textContent = reading(panel, line.values[at])));
    };
    return lane;
  }

  plot(lane) {
    const t = this.transition;
    const lines = lane.lines.length ? lane.lines : [{ track: "a", y: t.x.map(() => null), dash: [] }];
    const options = {
      width: 300,
      height: lane.height,
      padding: [lane.bare ? 0 : 3, RIGHT, lane.bare ? 0 : 3, 0],
      legend: { show: false },
      select: { show: false },
      cursor: {
        y: false,
        sync: { key: "timeline" },
        drag: { x: false, y: false, setScale: false },
        points: { show: lane.lines.length > 0, size: 7 },
      },
      scales: {
        x: { time: false, range: () => [t.first, t.last] },
        y: { range: () => lane.limits },
      },
      axes: [
        { show: false },
        {
          size: axisWidth,
          gap: 4,
          splits: () => lane.ticks.map(([value]) => value),
          values: () => lane.ticks.map(([, label]) => label),
          stroke: () => colour("muted"),
          font: "11px system-ui, sans-serif",
          grid: { show: lane.lines.length > 0, stroke: () => colour("grid"), width: 1 },
          ticks: { show: false },
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: () => colour(line.track),
          width: 2,
          dash: line.dash,
          points: { show: false },
        })),
      ],
      hooks: {
        drawClear: [(u) => lane.bare || drawGrid(u, t)],
        draw: [(u) => lane.draw?.(u, t), (u) => lane.bare || drawSwap(u, t)],
        setCursor: [(u) => this.point(lane, u)],
      },
    };
    lane.plot = new uPlot(options, [t.x, ...lines.map((line) => line.y)], lane.place);
    lane.plot.over.addEventListener("click", (event) =>
      this.onseek(secondsOf(t, lane.plot.posToVal(event.offsetX, "x"))),
    );
  }

  /** Read the values below the pointer, in all lanes. */
  point(lane, u) {
    if (lane !== this.lanes[0]) return; // the lanes are synchronous
    this.pointer = u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null;
    this.read();
  }

  read() {
    const bar = this.pointer ?? this.bar;
    for (const lane of this.lanes) lane.read?.(bar);
  }

  /** Move the playhead. */
  move(seconds) {
    this.bar = barOf(this.transition, seconds);
    const { first, last } = this.transition;
    const part = (this.bar - first) / (last - first);
    this.playhead.style.transform = `translateX(${this.left + part * this.span}px)`;
    if (this.pointer === null) this.read();
  }

  resize() {
    if (!this.lanes.length) return;
    const width = this.lanes[0].place.clientWidth;
    if (!width || (width === this.width && this.ratio === devicePixelRatio)) return;
    this.width = width;
    this.ratio = devicePixelRatio;
    for (const lane of this.lanes) lane.plot.setSize({ width, height: lane.height });
    const left = this.lanes[0].place.getBoundingClientRect().left;
    this.left = left - this.root.getBoundingClientRect().left + axisWidth();
    this.span = width - axisWidth() - RIGHT;
    this.onresize?.();
  }
}
