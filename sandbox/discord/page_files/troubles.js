// What goes wrong with a service's next requests: chosen, struck, and cleared again.
import { counted, h } from "./dom.js";

const TIMES_AT_MOST = 50;

export class Troubles {
  #select;
  #times = h("input", { type: "number", min: 1, max: TIMES_AT_MOST, value: 1, required: true });
  #count = h("label", {}, "Requests", this.#times);
  #lines = h("div", { role: "status" });
  #clear;

  /** troubles: {name, words, group, counted}; change: sends {trouble, times} or {clear} to the service. */
  constructor(troubles, change) {
    const counts = Object.fromEntries(troubles.map((trouble) => [trouble.name, trouble.counted]));
    this.#select = h("select", {
      "aria-label": "Trouble",
      required: true,
      onchange: () => { this.#count.hidden = counts[this.#select.value] === false; },
    }, h("option", { value: "" }, "Choose a trouble"), grouped(troubles));
    this.#clear = h("button", { type: "button", class: "plain", hidden: true, onclick: () => change({ clear: true }) }, "Clear");
    const strike = (event) => {
      event.preventDefault();
      change({ trouble: this.#select.value, times: this.#times.valueAsNumber });
    };
    this.node = h("form", { class: "troubles", onsubmit: strike },
      this.#select,
      h("div", { class: "line" }, this.#count, h("button", { type: "submit", class: "button secondary" }, "Strike")),
      h("div", { class: "line" }, this.#lines, this.#clear));
  }

  /** struck: {words, left} of what is in force; without a number left it lasts until it is cleared. */
  show(struck) {
    const lines = struck.map(({ words, left }) => `${left === null ? "Until cleared" : `${counted(left, "request")} to go`}: ${words}`);
    if (lines.join() !== [...this.#lines.children].map((line) => line.textContent).join()) {
      this.#lines.replaceChildren(...lines.map((line) => h("p", {}, line)));
    }
    if (!lines.length && document.activeElement === this.#clear) this.#select.focus();
    this.#clear.hidden = !lines.length;
  }
}

function grouped(troubles) {
  const groups = new Map(troubles.map(({ group }) => [group, h("optgroup", { label: group })]));
  for (const { name, words, group } of troubles) groups.get(group).append(h("option", { value: name }, words));
  return [...groups.values()];
}
