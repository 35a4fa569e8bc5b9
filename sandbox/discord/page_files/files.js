// Files that a person has chosen, as a list with previews from which each can be taken out again.
import { bytes, h, icon } from "./dom.js";

export const MAX_FILE_BYTES = 10 * 1024 * 1024;

export class ChosenFiles {
  #entries = [];
  #list;
  #most;
  #on;

  /** list: the node to draw into; on: removed() gives the focus a place; tooMany is the sentence for one file too much. */
  constructor(list, most, on) {
    this.#list = list;
    this.#most = most;
    this.#on = on;
    list.classList.add("tray");
  }

  get files() { return this.#entries.map((entry) => entry.file); }

  /** Adds files; answers why one was left out, or null. */
  add(files) {
    let problem = null;
    for (const file of files) {
      if (file.size > MAX_FILE_BYTES) problem = `${file.name} is larger than ${bytes(MAX_FILE_BYTES)}.`;
      else if (this.#entries.length === this.#most) problem = this.#on.tooMany;
      else this.#entries.push({ file, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null });
    }
    this.#draw();
    return problem;
  }

  clear() {
    for (const entry of this.#entries) if (entry.preview) URL.revokeObjectURL(entry.preview);
    this.#entries = [];
    this.#draw();
  }

  #remove(entry) {
    if (entry.preview) URL.revokeObjectURL(entry.preview);
    this.#entries = this.#entries.filter((one) => one !== entry);
    this.#draw();
    this.#on.removed();
  }

  #draw() {
    this.#list.hidden = this.#entries.length === 0;
    this.#list.replaceChildren(...this.#entries.map((entry) => h("li", {},
      entry.preview ? h("img", { src: entry.preview, alt: "" }) : icon("file"),
      h("span", {}, entry.file.name),
      h("button", {
        class: "icon",
        type: "button",
        "aria-label": `Remove ${entry.file.name}`,
        onclick: () => this.#remove(entry),
      }, icon("close")))));
  }
}
