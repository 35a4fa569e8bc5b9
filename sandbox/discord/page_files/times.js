// Points in time as <time> elements; relative ones count on by themselves.
import { h } from "./dom.js";

const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const LOCALE = "en-GB";
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "always" });

function spoken(date, style) {
  if (style !== "R") return new Intl.DateTimeFormat(LOCALE, FORMATS[style] ?? FORMATS.f).format(date);
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / length), unit);
}

/** style is one of Discord's letters: t T d D f F R. */
export function timeElement(date, style, className = "stamp") {
  const props = { class: className, datetime: date.toISOString(), title: spoken(date, "F"), dataset: { style } };
  return h("time", props, spoken(date, style));
}

export const isSameDay = (one, other) => one.toDateString() === other.toDateString();

setInterval(() => {
  for (const node of document.querySelectorAll('time[data-style="R"]')) {
    const text = spoken(new Date(node.dateTime), "R");
    if (node.textContent !== text) node.textContent = text;
  }
}, 1000);
