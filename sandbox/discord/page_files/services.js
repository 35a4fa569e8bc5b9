// The panel that breaks and mends the services behind the bot and Discord itself, and counts what they did.
import * as actions from "./actions.js";
import { byId, counted, h, icon } from "./dom.js";
import { Troubles } from "./troubles.js";

const REFRESH_MILLISECONDS = 2000;
const SWITCHES = { on: "On", empty: "Out of credit", slow: "Slow" };

export class ServicesPanel {
  #rows = new Map();
  #asked = 0;
  #timer = 0;

  constructor() {
    const button = byId("services-button");
    button.prepend(icon("switches"));
    button.addEventListener("click", () => this.#setOpen(!this.#isOpen));
    byId("services").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#setOpen(false);
      button.focus();
    });
  }

  /** Somebody switched something. */
  changed() {
    if (this.#isOpen) this.#refresh();
    this.#tell("");
  }

  get #isOpen() { return !byId("services").hidden; }

  #setOpen(open) {
    byId("services").hidden = !open;
    byId("services-button").setAttribute("aria-expanded", String(open));
    if (open) this.#refresh();
    else clearTimeout(this.#timer);
  }

  /** Shows the latest state, and goes on doing so while the panel is open; an answer overtaken by a later one is dropped. */
  async #refresh() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    let services = null;
    try {
      services = await actions.services();
    } catch (error) {
      this.#tell(error.message);
    }
    if (asked !== this.#asked || !this.#isOpen) return;
    if (services) this.#show(services);
    this.#timer = setTimeout(() => this.#refresh(), REFRESH_MILLISECONDS);
  }

  async #change(service, change) {
    this.#asked += 1; // what is on its way does not know of this yet
    try {
      await actions.change(service, change);
      this.#tell("");
    } catch (error) {
      this.#tell(error.message);
    }
    this.#refresh();
  }

  /** Changes what stands there instead of replacing it: a press or the focus may be on it. */
  #show(services) {
    if (services.some(({ name }) => !this.#rows.has(name)) || services.length !== this.#rows.size) {
      this.#rows = new Map(services.map((service) => [service.name, this.#row(service)]));
      byId("services-list").replaceChildren(...[...this.#rows.values()].map((row) => row.node));
    }
    for (const service of services) {
      const { inputs, figures, troubles } = this.#rows.get(service.name);
      for (const [key, input] of Object.entries(inputs)) input.checked = service[key];
      if (figures) figures.textContent = `${counted(service.billed, "picture")} billed · ${counted(service.in_flight, "call")} in flight`;
      troubles.show(service.struck);
    }
  }

  /** A service has all switches, or none. */
  #row(service) {
    const { name, title } = service;
    const switches = Object.entries(SWITCHES).filter(([key]) => key in service);
    const inputs = Object.fromEntries(switches.map(([key]) => [key, h("input", {
      type: "checkbox",
      role: "switch",
      class: key === "on" ? "good" : null,
      onchange: (event) => this.#change(name, { [key]: event.target.checked }),
    })]));
    const figures = switches.length > 0 && h("p", { class: "figures" });
    const labels = switches.map(([key, label]) => h("label", { class: "switch" }, label, inputs[key]));
    const troubles = new Troubles(service.troubles, (change) => this.#change(name, change));
    return { inputs, figures, troubles, node: h("fieldset", {}, h("legend", {}, title), labels, figures, troubles.node) };
  }

  #tell(problem) {
    byId("services-problem").textContent = problem;
    byId("services-problem").hidden = !problem;
  }
}
