// Adds to the page what it can do without: pictures that can be read and zoomed, and the news
// without loading it again. Everything that is said stands in the page itself.
"use strict";

const styles = getComputedStyle(document.documentElement);
const colour = (name) => styles.getPropertyValue("--" + name).trim();
const language = document.documentElement.lang;
const seconds = (date) => Date.parse(date + "T00:00:00Z") / 1000;
const inZone = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
const wholeDate = inZone({
  ...(language.startsWith("pt") ? { day: "2-digit", month: "2-digit" } : { day: "numeric", month: "short" }),
  year: "numeric",
});
const dayOfMonth = inZone({ day: "numeric", month: "short" });
const month = inZone({ month: "short" });
const decimals = (digits) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const price = (value) => decimals(value !== 0 && Math.abs(value) < 1 ? 4 : 2).format(value);

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const charts = new Map();

// Draws the picture of a figure again, in place of its SVG.
function draw(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const plot = figure.querySelector(".plot");
  const svg = plot.querySelector("svg");
  if (!svg) return;
  const keys = [...figure.querySelectorAll(".legend .key")];
  const height = svg.getBoundingClientRect().height;
  const columns = data.lines.map((line) => line.values);
  const series = data.lines.map((line) => ({
    label: line.label,
    stroke: () => colour(line.ink),
    width: line.ink === "forecast" ? 2.2 : 1.8,
    spanGaps: true,
    points: { show: false },
  }));
  const bands = [];
  if (data.band) {
    const at = columns.length + 1;
    columns.push(data.band.upper, data.band.lower);
    const end = (label) => ({ label, stroke: "transparent", spanGaps: true, points: { show: false } });
    series.push(end("upper"), end("lower"));
    const fill = () => {
      const share = Math.round(100 * Number(colour("band")));
      return `color-mix(in srgb, ${colour("forecast")} ${share}%, transparent)`;
    };
    bands.push({ series: [at, at + 1], fill });
  }
  const dates = data.dates.map(seconds);
  let reading = null;
  let tools = null;
  const chart = new uPlot({
    width: plot.clientWidth,
    height,
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: true } },
    axes: [
      { stroke: () => colour("muted"), grid: { show: false }, ticks: { show: false }, size: 28,
        font: "12px system-ui", values: dateLabels },
      { stroke: () => colour("muted"), grid: { stroke: () => colour("grid"), width: 1 },
        ticks: { show: false }, size: 48, space: 44, font: "12px system-ui",
        values: (_, ticks) => ticks.map((tick) => new Intl.NumberFormat(language).format(tick)) },
    ],
    series: [{}, ...series],
    bands,
    hooks: {
      setCursor: [(it) => {
        if (reading) reading.show(it.cursor.idx ?? dates.length - 1);
      }],
      setScale: [(it, scale) => { if (tools && scale === "x") tools.allow(it); }],
      drawAxes: [(it) => mark(it, data.mark)],
    },
  }, [dates, ...columns], plot);
  svg.remove();
  charts.set(figure, chart);
  reading = legend(chart, keys, data, dates);
  tools = zooming(chart, dates, data.words);
  figure.querySelector(".legend").append(reading.when, tools.element, reading.aloud);
  keyboard(chart, data, dates, tools, reading);
}

// Months, or days where a few weeks fill the picture.
function dateLabels(chart, ticks) {
  const step = ticks.length < 2 ? 0 : ticks[1] - ticks[0];
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    if (step < 26 * 86400) return dayOfMonth.format(date).replace(".", "");
    if (date.getUTCMonth() === 0 || 360 * 86400 < step) return String(date.getUTCFullYear());
    return month.format(date).replace(".", "");
  });
}

// The dotted line where the forecast begins.
function mark(chart, date) {
  if (!date) return;
  const x = Math.round(chart.valToPos(seconds(date), "x", true));
  const { left, top, width, height } = chart.bbox;
  if (x < left || left + width < x) return;
  const context = chart.ctx;
  context.save();
  context.strokeStyle = colour("muted");
  context.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, top + height);
  context.stroke();
  context.restore();
}

// What a line says at a date.
function said(data, idx, at) {
  const line = data.lines[idx];
  if (line) return line.values[at] == null ? "–" : price(line.values[at]);
  const { lower, upper } = data.band;
  return lower[at] == null ? "–" : `${price(lower[at])} – ${price(upper[at])}`;
}

// Each entry of the legend tells its value, and shows and hides its line.
function legend(chart, keys, data, dates) {
  const buttons = keys.map((key, idx) => {
    const isBand = data.lines.length <= idx;
    const button = make("button", key.textContent + " ", {
      type: "button", class: key.className, "aria-pressed": "true",
    });
    button.append(make("b", ""));
    button.addEventListener("click", () => {
      const show = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(show));
      chart.setSeries(idx + 1, { show });
      if (isBand) chart.setSeries(idx + 2, { show });
    });
    key.replaceWith(button);
    return button;
  });
  const when = make("span", "", { class: "when" });
  const aloud = make("p", "", { class: "unseen", role: "status" });
  const show = (at) => {
    when.textContent = wholeDate.format(new Date(dates[at] * 1000));
    buttons.forEach((button, idx) => { button.lastChild.textContent = said(data, idx, at); });
  };
  // For those who go by keys: what the mouse passes over is not read aloud.
  const tell = () => {
    aloud.textContent = [when, ...buttons].map((it) => it.textContent).join(", ");
  };
  show(dates.length - 1);
  return { when, aloud, show, tell };
}

// Buttons for what the mouse does by dragging and a double click.
function zooming(chart, dates, words) {
  const element = make("span", "", { class: "tools" });
  const button = (text, label, act) => {
    const made = make("button", text, { type: "button", "aria-label": label, title: label });
    made.addEventListener("click", act);
    element.append(made);
    return made;
  };
  const first = dates[0];
  const last = dates[dates.length - 1];
  const zoom = (factor) => {
    const { min, max } = chart.scales.x;
    const width = Math.min((max - min) * factor, last - first);
    // What is newest stays in sight.
    const right = Math.min(max, last);
    const left = Math.max(first, right - Math.max(width, 7 * 86400));
    chart.setScale("x", { min: left, max: Math.min(last, left + Math.max(width, 7 * 86400)) });
  };
  const reset = () => chart.setScale("x", { min: first, max: last });
  button("+", words.in, () => zoom(0.5));
  const out = button("−", words.out, () => zoom(2));
  const whole = button("⟲", words.reset, reset);
  const allow = (it) => {
    const { min, max } = it.scales.x;
    out.disabled = whole.disabled = max - min >= (last - first) * 0.999;
  };
  allow(chart);
  return { element, zoom, reset, allow };
}

// Arrow keys read the values one by one; plus, minus and zero zoom.
function keyboard(chart, data, dates, tools, reading) {
  const over = chart.over;
  over.tabIndex = 0;
  over.setAttribute("role", "application");
  over.setAttribute("aria-label", `${data.title}. ${data.words.help}`);
  let at = dates.length - 1;
  const go = (idx) => {
    at = Math.max(0, Math.min(dates.length - 1, idx));
    chart.setCursor({ left: chart.valToPos(dates[at], "x"), top: 0 });
    reading.show(at);
    reading.tell();
  };
  const zoom = (act) => {
    act();
    // Once the picture is drawn anew, the line stands elsewhere.
    requestAnimationFrame(() => go(at));
  };
  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1),
    PageUp: () => go(at - 20), PageDown: () => go(at + 20),
    Home: () => go(0), End: () => go(dates.length - 1),
    "+": () => zoom(() => tools.zoom(0.5)), "-": () => zoom(() => tools.zoom(2)),
    0: () => zoom(tools.reset), Escape: () => zoom(tools.reset),
  };
  over.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  });
  over.addEventListener("mousemove", () => { at = chart.cursor.idx ?? at; });
}

function drawAll(within) {
  for (const figure of within.querySelectorAll("figure.chart")) {
    try {
      draw(figure);
    } catch (error) {
      console.error(error);
    }
  }
}

// The parts of the page as the service sent them, before the pictures were drawn again.
const sections = (page) => [...page.querySelectorAll("main > section")];
const sent = new Map(sections(document).map((section) => [section.id, section.innerHTML]));
let tag = null;
let isAsking = false;

// Asks whether the page is still true, and takes over the sections that are not. One question
// at a time, or an old answer could come after a new one.
async function ask() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  const lost = document.getElementById("lost");
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(location.pathname + location.search, { headers, signal, cache: "no-store" });
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(String(answer.status));
      tag = answer.headers.get("etag");
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  } finally {
    isAsking = false;
  }
}

function renew(page) {
  // Another release of the service has another script.
  const script = (from) => from.querySelector("script[src*='/page-']").getAttribute("src");
  if (script(page) !== script(document)) return location.reload();
  for (const section of sections(page)) {
    if (sent.get(section.id) === section.innerHTML) continue;
    sent.set(section.id, section.innerHTML);
    replace(document.getElementById(section.id), document.importNode(section, true));
  }
  document.title = page.title;
  const [news, fresh] = [document, page].map((it) => it.getElementById("news"));
  if (news.dataset.text !== fresh.dataset.text) {
    news.textContent = news.dataset.text = fresh.dataset.text;
  }
}

// What was unfolded stays unfolded, and what had the focus keeps it.
function replace(old, fresh) {
  for (const [figure, chart] of charts) {
    if (!old.contains(figure)) continue;
    chart.destroy();
    charts.delete(figure);
  }
  for (const details of old.querySelectorAll("details[open]")) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = true;
  }
  const isFocused = old.contains(document.activeElement);
  fresh.classList.add("changed");
  old.replaceWith(fresh);
  drawAll(fresh);
  if (isFocused) {
    fresh.tabIndex = -1;
    fresh.focus({ preventScroll: true });
  }
}

drawAll(document);
new ResizeObserver(() => {
  for (const [figure, chart] of charts) {
    const width = figure.querySelector(".plot").clientWidth;
    if (width && width !== chart.width) chart.setSize({ width, height: chart.height });
  }
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts.values()) chart.redraw(false);
});
setInterval(ask, 1000 * Number(document.body.dataset.ask));
document.addEventListener("visibilitychange", ask);
