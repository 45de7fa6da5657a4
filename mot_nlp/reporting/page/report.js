// Adds up the page's sums under the chosen filters, and shows what follows from them.
const data = JSON.parse(document.getElementById("data").textContent);
const SUMS = data.sums;
const NO_FIGURE = "·";
const ERRORS = 1; // what Vega tells the console: no word on a chart that filters left empty
const form = document.getElementById("filters");
const charts = new Map();
const sorting = new Map();

// ------------------------------------------------------------ choice
function chosen() {
  const choice = { exact: [], from: -Infinity, to: Infinity, period: data.filters.findIndex((f) => f.starts.length > 0) };
  for (const select of form ? form.querySelectorAll("select") : []) {
    if (select.value === "") continue;
    const value = Number(select.value);
    const at = data.filters.findIndex((f) => f.column === select.dataset.filter);
    if (select.dataset.end) choice[select.dataset.end] = value;
    else choice.exact.push([at, value]);
  }
  return choice;
}

function passes(row, choice) {
  if (!choice.exact.every(([at, value]) => row[at] === value)) return false;
  if (choice.period < 0 || (choice.from === -Infinity && choice.to === Infinity)) return true;
  const period = row[choice.period]; // -1 without a date: in no period
  return period >= 0 && period >= choice.from && period <= choice.to;
}

// ------------------------------------------------------------ sums
function summed(view, choice, keyOf) {
  const width = data.filters.length;
  const out = new Map();
  for (const row of view.rows) {
    if (!passes(row, choice)) continue;
    const key = keyOf(row, width);
    if (key === null) continue;
    let sums = out.get(key);
    if (!sums) out.set(key, (sums = new Array(SUMS.length).fill(0)));
    for (let i = 0; i < SUMS.length; i++) sums[i] += row[width + 1 + i];
  }
  return out;
}

const byCell = (row, width) => row[width];

function quantile(documents) {
  if (documents < 2) return NaN;
  return data.t[Math.min(documents - 1, data.t.length) - 1];
}

function figures(sums, whole) {
  const s = Object.fromEntries(SUMS.map((name, i) => [name, sums[i]]));
  const net = (s.positive - s.negative) / s.n;
  const spread = Math.max(s.net_net - 2 * net * s.net_n + net * net * s.n_n, 0);
  const half = (quantile(s.documents) * Math.sqrt((spread * s.documents) / (s.documents - 1))) / s.n;
  let [low, high] = [net - half, net + half];
  if (spread <= data.alike * s.n_n) { // all documents alike: how far others might stray
    const strays = s.documents > 1 ? 1 - (data.tail ** (1 / s.documents)) : NaN;
    [low, high] = [net - strays * (net + 1), net + strays * (1 - net)];
  }
  const thin = s.n < data.min_n;
  const figure = (value) => (thin || !Number.isFinite(value) ? null : value);
  const within = (value) => figure(Math.min(100, Math.max(-100, 100 * value)));
  return {
    n: s.n, documents: s.documents, share: whole ? s.n / whole : 0, thin,
    positive: figure(s.positive / s.n), neutral: figure((s.n - s.positive - s.negative) / s.n),
    negative: figure(s.negative / s.n), net_sentiment: figure(100 * net),
    net_low: within(low), net_high: within(high),
    mean_score: figure(s.score / s.scored), pivotal_share: figure(s.pivotal / s.n),
  };
}

function table(name, choice) {
  const view = data.views[name];
  const cells = summed(view, choice, byCell);
  // Of all moments: one with several labels stands in several cells, so that cells may hold more.
  const whole = summed(data.views.totals, choice, byCell).get(0)?.[0] ?? 0;
  return [...cells.keys()].sort((a, b) => a - b).map((cell) => ({
    ...Object.fromEntries(view.by.map((by, i) => [by, view.cells[cell][i]])),
    ...figures(cells.get(cell), whole),
  }));
}

function trend(choice) {
  const of = document.getElementById("trend-of").value;
  const [name, cell] = of ? of.split("/") : ["totals", "0"];
  const at = choice.period;
  const periods = summed(data.views[name], choice, (row, width) =>
    row[width] === Number(cell) && row[at] >= 0 ? row[at] : null);
  const all = summed(data.views.totals, choice, (row) => (row[at] >= 0 ? row[at] : null));
  const empty = { n: 0, documents: 0, share: 0, net_sentiment: null, net_low: null, net_high: null };
  return data.filters[at].starts.map((start, i) => ({
    period: start, ...(periods.has(i) ? figures(periods.get(i), all.get(i)[0]) : empty),
  })).filter((_, i) => i >= choice.from && i <= choice.to);
}

function flow(choice) {
  const moves = new Map();
  const width = data.filters.length;
  for (const row of data.flow.rows) {
    if (!passes(row, choice)) continue;
    const own = moves.get(row[width]) ?? [0, 0, 0];
    for (let i = 0; i < 3; i++) own[i] += row[width + 1 + i];
    moves.set(row[width], own);
  }
  return [...moves.keys()].sort((a, b) => a - b).map((cell) => {
    const [n, positive, negative] = moves.get(cell);
    const [from, to] = data.flow.cells[cell];
    return { from, to, n, net_after: n < data.min_n ? null : (100 * (positive - negative)) / n };
  });
}

// ------------------------------------------------------------ words
const isMissing = (value) => value === null || value === undefined || !Number.isFinite(value);

function signed(value) {
  if (isMissing(value)) return NO_FIGURE;
  const whole = roundHalfEven(value);
  return whole === 0 ? "0" : (whole > 0 ? "+" : "−") + Math.abs(whole);
}

// As Python rounds, so that a filtered table and a made one agree to the digit.
function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const percent = (value) => (isMissing(value) ? NO_FIGURE : `${roundHalfEven(100 * value)}\u00a0%`);
const between = (low, high) => (isMissing(low) || isMissing(high) ? "" : `${signed(low)} to ${signed(high)}`);
const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const words = (label) => label.replaceAll("_", " ") || "(none)";

const COLUMNS = [
  ["n", (row) => count(row.n)], ["net_sentiment", (row) => signed(row.net_sentiment)],
  ["net_low", (row) => between(row.net_low, row.net_high)], ["share", (row) => percent(row.share)],
  ["positive", (row) => percent(row.positive)], ["neutral", (row) => percent(row.neutral)],
  ["negative", (row) => percent(row.negative)], ["pivotal_share", (row) => percent(row.pivotal_share)],
  ["documents", (row) => count(row.documents)],
];

// ------------------------------------------------------------ showing
function cell(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  if (tag === "th") element.scope = "row";
  return element;
}

function showTable(element, rows) {
  const by = data.views[element.dataset.view].by;
  const { key, sign } = sorting.get(element.id) ?? {};
  const name = key in by ? by[key] : key;
  if (name) rows = [...rows].sort((a, b) => sign * compared(a[name], b[name], sign));
  element.tBodies[0].replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    if (row.thin) line.className = "thin";
    line.append(
      ...by.map((label, i) => cell(i ? "td" : "th", words(row[label]))),
      ...COLUMNS.map(([, text]) => cell("td", text(row), "number")),
    );
    return line;
  }));
}

// What has no figure comes last, whichever way it is sorted.
function compared(a, b, sign) {
  if (a === null || b === null) return sign * ((a === null) - (b === null));
  return typeof a === "string" ? a.localeCompare(b) : a - b;
}

function showTiles(choice) {
  const sums = summed(data.views.totals, choice, byCell).get(0);
  const row = sums ? figures(sums, sums[0]) : null;
  const texts = row
    ? [[count(row.n), ""], [count(row.documents), "with a moment"],
       [signed(row.net_sentiment), between(row.net_low, row.net_high)], [percent(row.pivotal_share), ""]]
    : [["0", ""], ["0", "with a moment"], [NO_FIGURE, ""], [NO_FIGURE, ""]];
  document.querySelectorAll("#tiles dd").forEach((dd, i) => {
    dd.children[0].textContent = texts[i][0];
    dd.children[1].textContent = texts[i][1];
  });
  const status = document.getElementById("filtered");
  if (status) status.textContent = `${count(row ? row.n : 0)} of ${count(data.n)} moments${named(choice)}`;
}

// What is filtered by, in words: a page that is printed must say so.
function named(choice) {
  if (choice.from > choice.to) return " (From is after To)";
  const chosen = [...form.querySelectorAll("select")].filter((select) => select.value !== "");
  const parts = chosen.map((select) =>
    `${select.labels[0].textContent} ${select.selectedOptions[0].textContent}`);
  return parts.length ? `: ${parts.join(", ")}` : "";
}

async function showChart(name, rows) {
  const host = document.getElementById(`chart-${name}`);
  if (!host) return;
  const view = charts.get(name);
  if (view) {
    view.data("table", rows);
    await view.resize().runAsync();
    return;
  }
  const spec = { ...data.charts[name], datasets: { table: rows } };
  const options = { actions: false, renderer: "svg", defaultStyle: false, logLevel: ERRORS };
  const shown = await window.vegaEmbed(host, spec, options);
  charts.set(name, shown.view);
}

async function show() {
  const choice = chosen();
  showTiles(choice);
  for (const element of document.querySelectorAll("table[data-view]")) {
    showTable(element, table(element.dataset.view, choice));
  }
  await Promise.all([
    showChart("journey", table("stage", choice)),
    showChart("heat", table("stage_touchpoint", choice)),
    showChart("flow", flow(choice)),
    data.period ? showChart("trend", trend(choice)) : null,
  ]);
  document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1);
}

function sortBy(button) {
  const head = button.closest("th");
  const element = head.closest("table");
  const was = sorting.get(element.id);
  const isLabel = button.dataset.key in data.views[element.dataset.view].by;
  const first = isLabel ? 1 : -1;
  const again = was && was.key === button.dataset.key;
  for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
  if (again && was.sign !== first) {
    sorting.delete(element.id); // a third press: the order of the journey
  } else {
    const sign = again ? -first : first;
    sorting.set(element.id, { key: button.dataset.key, sign });
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  }
  showTable(element, table(element.dataset.view, chosen()));
}

form?.addEventListener("change", show);
form?.addEventListener("submit", (event) => event.preventDefault());
form?.addEventListener("reset", () => {
  const trendOf = document.getElementById("trend-of");
  if (trendOf) trendOf.value = "";
  setTimeout(show); // after the fields are empty again
});
document.getElementById("trend-of")?.addEventListener("change", () => showChart("trend", trend(chosen())));
for (const button of document.querySelectorAll("table[data-view] thead button")) {
  button.addEventListener("click", () => sortBy(button));
}
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
await Promise.all(Object.entries(data.chart_rows).map(([name, rows]) => showChart(name, rows)));
await show();
