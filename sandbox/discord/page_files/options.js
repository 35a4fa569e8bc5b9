// One option of a command as a chip: its field, what it holds, and what a client refuses before sending.
import { bytes, h, icon } from "./dom.js";
import { MAX_FILE_BYTES } from "./files.js";

const TYPES = { string: 3, integer: 4, boolean: 5, number: 10, attachment: 11 };
const THINGS = { 6: "user", 8: "role" };
const BOOLEANS = [{ name: "True", value: true }, { name: "False", value: false }];

export class Option {
  file = null;
  #choice = null;
  #preview = null;
  #things;

  /** definition is Discord's; on: {focus, input, keydown, remove, choose} get this option; things(kind) lists what is there. */
  constructor(definition, on) {
    this.definition = definition;
    this.name = definition.name;
    this.#things = on.things;
    this.field = this.isFile ? this.#fileButton(on) : this.#textField(on);
    this.node = h("span", { class: "chip", dataset: { option: this.name } },
      h("span", { class: "chip-name", "aria-hidden": "true" }, this.name), this.field,
      !definition.required && h("button", {
        class: "icon remove",
        type: "button",
        tabindex: "-1",
        "aria-label": `Remove ${this.name}`,
        onclick: () => on.remove(this),
      }, icon("close")));
  }

  get isFile() { return this.definition.type === TYPES.attachment; }
  get isSuggested() { return Boolean(this.definition.autocomplete); }
  get choices() {
    const kind = THINGS[this.definition.type];
    if (kind) return this.#things(kind).map(({ id, name }) => ({ name, value: id }));
    return this.definition.type === TYPES.boolean ? BOOLEANS : this.definition.choices ?? [];
  }
  get text() { return this.isFile ? "" : this.field.value; }
  get isEmpty() { return this.isFile ? !this.file : this.text === ""; }
  get isChosen() { return this.#choice !== null; }

  choose(choice) {
    this.field.value = choice.name;
    this.#choice = choice;
    this.#clearProblem();
  }

  take(file) {
    this.file = file;
    if (this.#preview) URL.revokeObjectURL(this.#preview);
    this.#preview = file && file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    this.field.replaceChildren(...(file
      ? [this.#preview ? h("img", { src: this.#preview, alt: "" }) : icon("file"), h("span", {}, file.name), h("small", {}, bytes(file.size))]
      : [icon("image"), "Choose, drop or paste"]));
    this.field.setAttribute("aria-label", file ? `${this.name}: ${file.name}` : `${this.name}: choose a file`);
    this.#clearProblem();
  }

  dispose() {
    if (this.#preview) URL.revokeObjectURL(this.#preview);
  }

  /** The value to send; undefined while it is empty. Only meaningful when problem() is null. */
  get value() {
    if (this.isEmpty || this.isFile) return undefined;
    if (this.#choice) return this.#choice.value;
    if (this.choices.length > 0) return this.#typedChoice()?.value;
    return this.#isNumber ? Number(this.text) : this.text;
  }

  /** Why this cannot be sent, in a sentence, or null; marks the field. */
  problem() {
    const problem = this.#problem();
    this.field.toggleAttribute("data-wrong", problem !== null);
    this.field.setAttribute("aria-invalid", String(problem !== null));
    return problem;
  }

  #problem() {
    const { required, min_value: least, max_value: most, min_length: shortest, max_length: longest } = this.definition;
    if (this.isEmpty) return required ? `${this.name} is required.` : null;
    if (this.isFile) return this.file.size > MAX_FILE_BYTES ? `${this.file.name} is larger than ${bytes(MAX_FILE_BYTES)}.` : null;
    if (this.choices.length > 0) return this.value === undefined ? `${this.name}: pick one of the list.` : null;
    if (this.#isNumber) {
      const fits = this.definition.type === TYPES.integer ? Number.isSafeInteger(this.value) : Number.isFinite(this.value);
      if (!fits) return `${this.name} must be a ${this.definition.type === TYPES.integer ? "whole " : ""}number.`;
      if (this.value < (least ?? -Infinity) || this.value > (most ?? Infinity)) return `${this.name} must be ${range(least, most)}.`;
    } else if ([...this.text].length < (shortest ?? 0) || [...this.text].length > (longest ?? 6000)) {
      return `${this.name} must be ${range(shortest, longest)} characters long.`;
    }
    return null;
  }

  get #isNumber() { return [TYPES.integer, TYPES.number].includes(this.definition.type); }

  #typedChoice() {
    const typed = this.text.trim().toLowerCase();
    return this.choices.find((choice) => choice.name.toLowerCase() === typed);
  }

  #clearProblem() {
    this.field.removeAttribute("data-wrong");
    this.field.removeAttribute("aria-invalid");
  }

  #textField(on) {
    const isFree = this.definition.type === TYPES.string && !this.isSuggested && this.choices.length === 0;
    return h(isFree ? "textarea" : "input", {
      rows: isFree ? "1" : null,
      role: isFree ? null : "combobox",
      "aria-expanded": isFree ? null : "false",
      "aria-autocomplete": isFree ? null : "list",
      "aria-label": this.name,
      "aria-description": this.definition.description,
      "aria-required": String(Boolean(this.definition.required)),
      inputmode: this.#isNumber ? "numeric" : null,
      spellcheck: "false",
      onfocus: () => on.focus(this),
      onkeydown: (event) => on.keydown(event, this),
      oninput: () => { this.#choice = null; this.#clearProblem(); on.input(this); },
    });
  }

  #fileButton(on) {
    return h("button", {
      type: "button",
      class: "file-field",
      "aria-label": `${this.name}: choose a file`,
      onfocus: () => on.focus(this),
      onkeydown: (event) => on.keydown(event, this),
      onclick: () => on.choose(this),
    }, icon("image"), "Choose, drop or paste");
  }
}

function range(least, most) {
  if (least === undefined || least === null) return `at most ${most}`;
  return most === undefined || most === null ? `at least ${least}` : `${least} to ${most}`;
}
