// A command being filled in: its name, a chip for each option in use, and a field that offers the others.
import { byId, h } from "./dom.js";
import { Option } from "./options.js";
import { closePopup, openPopup, popupTakes } from "./popup.js";

const DEBOUNCE_MILLISECONDS = 200;

export class CommandForm {
  #on;
  #options = [];
  #more = null;
  #asked = 0;
  #timer = 0;
  command = null;

  /**
   * on: leave(), submit(command, options, files), problem(text), chooseFile(taker),
   * autocomplete(command, option, text, others), things(kind).
   */
  constructor(on) {
    this.#on = on;
  }

  /** text goes into the first option when that takes text. */
  open(command, text = "") {
    this.command = command;
    this.#options.forEach((option) => option.dispose());
    this.#options = [];
    this.#more = h("input", {
      class: "more",
      role: "combobox",
      "aria-label": "Add an option",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      spellcheck: "false",
      onfocus: () => this.#offerMore(),
      oninput: () => this.#offerMore(),
      onkeydown: (event) => this.#moreKey(event),
    });
    byId("command").replaceChildren(h("span", { class: "command-name" }, `/${command.name}`), this.#more);
    byId("command").setAttribute("aria-label", `/${command.name}: ${command.description}`);
    for (const definition of command.options ?? []) if (definition.required) this.#add(definition);
    this.show();
    const [first] = this.#options;
    if (first && !first.isFile) first.field.value = text;
    (first?.field ?? this.#more).focus();
  }

  /** Shows what was filled in last, after a refusal. */
  show() {
    byId("command").hidden = false;
    this.#countMore();
  }

  hide() {
    byId("command").hidden = true;
    clearTimeout(this.#timer);
    this.#asked += 1;
    closePopup();
  }

  submit() {
    for (const option of this.#options) {
      const problem = option.problem();
      if (problem) {
        option.field.focus();
        this.#on.problem(problem);
        return;
      }
    }
    const files = this.#options.filter((option) => option.isFile && option.file).map((option) => [option.name, option.file]);
    this.#on.submit(this.command, this.#values(), Object.fromEntries(files));
  }

  /** Puts files into the empty file options, in their order; false when there is no room for all. */
  take(files) {
    for (const file of files) {
      const focused = this.#options.find((option) => option.field === document.activeElement && option.isFile && !option.file);
      const free = focused ?? this.#options.find((option) => option.isFile && !option.file) ?? this.#addFileOption();
      if (!free) return false;
      free.take(file);
      this.#next();
    }
    return true;
  }

  #addFileOption() {
    const definition = this.#rest().find((one) => one.type === 11);
    return definition && this.#add(definition);
  }

  #values(except) {
    const filled = this.#options.filter((option) => option !== except && option.value !== undefined);
    return Object.fromEntries(filled.map((option) => [option.name, option.value]));
  }

  #rest() {
    const used = new Set(this.#options.map((option) => option.name));
    return (this.command.options ?? []).filter((definition) => !used.has(definition.name));
  }

  #add(definition) {
    const option = new Option(definition, {
      focus: (one) => this.#suggest(one),
      input: (one) => { this.#on.problem(""); this.#suggest(one); },
      keydown: (event, one) => this.#optionKey(event, one),
      remove: (one) => this.#remove(one),
      things: this.#on.things,
      choose: (one) => this.#on.chooseFile((file) => { one.take(file); this.#next(); }),
    });
    this.#options.push(option);
    this.#more.before(option.node);
    this.#countMore();
    return option;
  }

  #remove(option) {
    option.dispose();
    option.node.remove();
    this.#options = this.#options.filter((one) => one !== option);
    this.#countMore();
    this.#more.focus();
  }

  #countMore() {
    const count = this.#rest().length;
    this.#more.placeholder = count > 0 ? `+${count} more` : "";
    this.#more.readOnly = count === 0;
  }

  #next() {
    const empty = this.#options.find((option) => option.isEmpty && option.field !== document.activeElement);
    (empty?.field ?? this.#more).focus();
  }

  #suggest(option) {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (option.isSuggested) this.#ask(option);
    else this.#offer(option, option.choices.filter((choice) => option.isChosen || matches(choice.name, option.text)));
  }

  #ask(option) {
    const asked = this.#asked;
    this.#timer = setTimeout(async () => {
      const text = option.isChosen ? "" : option.text;
      let choices;
      try {
        choices = await this.#on.autocomplete(this.command, option.name, text, this.#values(option));
      } catch {
        if (asked === this.#asked) openPopup(option.field, { ...title(option), hint: "Loading options failed" }, [], null);
        return;
      }
      if (asked === this.#asked && document.activeElement === option.field) this.#offer(option, choices);
    }, DEBOUNCE_MILLISECONDS);
  }

  #offer(option, choices) {
    const entries = choices.map((choice) => ({ label: choice.name, choice }));
    openPopup(option.field, title(option), entries, ({ choice }) => {
      option.choose(choice);
      closePopup();
      this.#next();
    }, option.isChosen ? -1 : 0);
  }

  #offerMore() {
    const text = this.#more.value;
    const entries = this.#rest().filter((definition) => matches(definition.name, text.replace(/:$/, "")))
      .map((definition) => ({ label: definition.name, detail: definition.description, definition }));
    const pick = ({ definition }) => {
      this.#more.value = "";
      closePopup();
      this.#add(definition).field.focus();
    };
    const about = { label: `/${this.command.name}`, detail: this.command.description, hint: entries.length > 0 && "Optional" };
    if (text.endsWith(":") && entries.length === 1) pick(entries[0]);
    else openPopup(this.#more, about, entries, pick, text ? 0 : -1);
  }

  #optionKey(event, option) {
    if (popupTakes(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !(option.isFile && !option.file)) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Backspace" && option.isEmpty) {
      event.preventDefault();
      if (!option.definition.required) this.#remove(option);
      else if (this.#options.every((one) => one.isEmpty)) this.#on.leave();
    } else if (event.key === "Backspace" && option.isFile) {
      event.preventDefault();
      option.take(null);
    }
  }

  #moreKey(event) {
    if (popupTakes(event)) return;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Backspace" && !this.#more.value) {
      event.preventDefault();
      const last = this.#options.at(-1);
      if (last) last.field.focus();
      else this.#on.leave();
    }
  }
}

const matches = (name, text) => name.toLowerCase().includes(text.trim().toLowerCase());

const title = ({ name, definition }) => ({
  label: name,
  detail: definition.description,
  hint: definition.required && "Required",
});
