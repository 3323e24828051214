// Positions in bars and seconds, readings of values, and elements of the page.

/** Interpolate linearly between increasing knots, and beyond them along the last segment. */
function interpolate(x, xs, ys) {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  return ys[low] + ((x - xs[low]) * (ys[high] - ys[low])) / (xs[high] - xs[low]);
}

const barOf = (transition, seconds) =>
  interpolate(seconds, transition.clock.seconds, transition.clock.bars);
const secondsOf = (transition, bar) =>
  interpolate(bar, transition.clock.bars, transition.clock.seconds);

/** Format seconds as 1:02.3. */
function clockText(seconds) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const rest = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${rest < 10 ? "0" : ""}${rest.toFixed(1)}`;
}

/** Format a position as "bar 5, beat 2"; bars count from the start of the window. */
function barText(transition, bar) {
  const beats = transition.beats_per_bar;
  const beat = Math.floor(bar * beats + 1e-6);
  const number = Math.floor(beat / beats);
  const inside = beat - number * beats + 1;
  if (number < 0) return `bar −${-number}, beat ${inside}`;
  return `bar ${number + 1}, beat ${inside}`;
}

/** Format a value on the axis of a panel as in the texts: "−6 dB", "off", "250 Hz", "40 %". */
function reading(panel, value) {
  if (panel.kind === "level")
    return value <= -59.95 ? "off" : `${Math.round(value) + 0} dB`.replace("-", "−");
  if (panel.kind === "send") return `${value <= -59.95 ? 0 : Math.round(100 * 10 ** (value / 20))} %`;
  if (panel.kind === "frequency") {
    const hertz = Number(value.toPrecision(2));
    return hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`;
  }
  if (panel.kind === "fraction") return `${Math.round(100 * value)} %`;
  return `${Number(value.toPrecision(3))} ${panel.unit}`.trim().replace("-", "−");
}

/** Make an element: attributes by name, "on..." are listeners, children are nodes or texts. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);
