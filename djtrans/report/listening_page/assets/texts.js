// Plan, gates, metrics and the comparison of candidates, as text.

const MARKS = { pass: "✓", warn: "!", fail: "✕", "not measurable": "–" };

const verdictBadge = (verdict, label = verdict) =>
  element("span", { class: `badge ${verdict.replace(" ", "-")}` }, `${MARKS[verdict]} ${label}`);

/** The plan in words: facts, reasons and what happens bar by bar; a click on a bar goes there. */
function planTexts(transition, go) {
  const isReason = (fact) => /^(why|rejected): /.test(fact);
  const facts = transition.facts.filter((fact) => !isReason(fact));
  const of = (kind) =>
    transition.facts.filter((fact) => fact.startsWith(kind)).map((fact) => fact.slice(kind.length));
  const list = (items) => element("ul", {}, ...items.map((item) => element("li", {}, item)));
  const bars = transition.paragraphs.map(([label, text]) => {
    const [number] = label.match(/\d+/).map(Number);
    const bar = label.startsWith("After") ? number : number - 1;
    const link = { class: "link", type: "button", onclick: () => go(bar) };
    return element("p", { "data-bar": bar }, element("button", link, label), ` ${text}`);
  });
  const made = [element("h2", {}, "Plan"), list(facts)];
  if (of("why: ").length) made.push(element("h3", {}, "Why"), list(of("why: ")));
  made.push(element("h3", {}, "Bar by bar"), element("div", { class: "bars" }, ...bars));
  if (of("rejected: ").length)
    made.push(element("details", {}, element("summary", {}, "Rejected"), list(of("rejected: "))));
  if (transition.still.length)
    made.push(
      element("details", {}, element("summary", {}, "Curves that do not move"), list(transition.still)),
    );
  for (const note of transition.notes) made.push(element("p", { class: "note" }, note));
  if (transition.command)
    made.push(
      element("h3", {}, "Render this transition"),
      element("pre", {}, element("code", { tabindex: 0 }, transition.command)),
    );
  return made;
}

function numberText(value) {
  if (value === null) return "not measurable";
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
}

/** A value between 0 and a little beyond the limit at which it fails, with a mark at each limit. */
function scale(limit) {
  const highest = limit.fail ?? limit.warn;
  if (limit.value === null || !(highest > 0)) return "";
  const part = (value) => `${Math.min(100, Math.max(0, (80 * value) / highest))}%`;
  const marks = [limit.warn, limit.fail].filter((bound) => bound !== null);
  return element(
    "span",
    { class: "scale", "aria-hidden": "true" },
    element("i", { style: `width:${part(limit.value)}` }),
    ...marks.map((bound) => element("u", { style: `left:${part(bound)}` })),
  );
}

/** A measurement of a gate, and its limits. */
function limitRow(limit) {
  const bounds = [
    limit.warn === null ? "" : `passes to ${numberText(limit.warn)}`,
    limit.fail === null ? "" : `fails above ${numberText(limit.fail)}`,
  ];
  const known = limit.value !== null;
  const words = known ? limit.words.replace(/ \(limit [^)]*\)$/, "") : limit.words || "not measurable";
  return element(
    "li",
    { class: limit.verdict.replace(" ", "-") },
    element("span", {}, words),
    element("small", {}, known ? bounds.filter(Boolean).join(", ") : ""),
    scale(limit),
  );
}

function gateTexts(transition) {
  const cards = transition.gates.map((gate) =>
    element(
      "article",
      { class: "gate" },
      element("h3", {}, gate.name, verdictBadge(gate.verdict)),
      element("ul", {}, ...gate.limits.filter((l) => l.value !== null || l.words).map(limitRow)),
    ),
  );
  const rows = transition.metrics.map((metric) => {
    const arrow = { lower: "lower is better", higher: "higher is better" }[metric.better] ?? "";
    return element(
      "tr",
      { title: metric.summary },
      element("th", { scope: "row" }, metric.summary.replace(/\.$/, ""), element("small", {}, arrow)),
      element("td", {}, numberText(metric.value)),
      element("td", {}, metric.unit === "1" ? "" : metric.unit),
    );
  });
  const table = element("table", { class: "metrics" }, element("tbody", {}, ...rows));
  const scroll = element("div", { class: "scroll" }, table);
  return [
    element("h2", {}, "Gates"),
    element("div", { class: "gates" }, ...cards),
    element("details", {}, element("summary", {}, `All ${rows.length} metrics`), scroll),
  ];
}

/** The candidates as a table; a row chooses one. */
function candidateTable(transitions, chosen, choose) {
  const head = ["", "technique", "bars", "swap in A", "swap in B", ...transitions[0].gates.map((g) => g.name), "cost"];
  const rows = transitions.map((transition, index) =>
    element(
      "tr",
      { class: index === chosen ? "chosen" : "", onclick: () => choose(index) },
      element("th", { scope: "row" }, element("button", { type: "button", "aria-pressed": String(index === chosen) }, transition.name)),
      ...[transition.technique, transition.bars, clockText(transition.swap_a), clockText(transition.swap_b)].map(
        (cell) => element("td", {}, String(cell)),
      ),
      ...transition.gates.map((gate) => element("td", { title: gate.why }, verdictBadge(gate.verdict))),
      element("td", {}, numberText(transition.cost)),
    ),
  );
  const header = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
  return [
    element("h2", {}, "Candidates"),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison of the candidates" },
      element("table", { class: "candidates" }, element("thead", {}, header), element("tbody", {}, ...rows)),
    ),
  ];
}
