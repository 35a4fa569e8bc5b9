// Files waiting to be sent with a chat message.
import { byId, bytes, h, icon } from "./dom.js";
import { MAX_FILE_BYTES } from "./options.js";

const MAX_FILES = 10;

export class Tray {
  #entries = [];

  get files() { return this.#entries.map((entry) => entry.file); }

  /** Adds files; answers why one was left out, or null. */
  add(files) {
    let problem = null;
    for (const file of files) {
      if (file.size > MAX_FILE_BYTES) problem = `${file.name} is larger than ${bytes(MAX_FILE_BYTES)}.`;
      else if (this.#entries.length === MAX_FILES) problem = `A message holds ${MAX_FILES} files at most.`;
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
    byId("text").focus();
  }

  #draw() {
    const tray = byId("tray");
    tray.hidden = this.#entries.length === 0;
    tray.replaceChildren(...this.#entries.map((entry) => h("li", {},
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
