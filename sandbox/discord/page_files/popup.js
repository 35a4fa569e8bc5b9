// The list above the composer: commands, options, suggestions. One field at a time owns it as its combobox list.
import { byId, h } from "./dom.js";

let owner = null;
let entries = [];
let active = -1;
let onPick = null;

/** entries: {label, detail, hint, picture}; first is the index that Enter takes at once, or -1. */
export function openPopup(field, title, newEntries, pick, first = 0) {
  if (owner && owner !== field) closePopup();
  owner = field;
  entries = newEntries;
  onPick = pick;
  const list = h("ul", { id: "popup-list", role: "listbox", "aria-label": title.label }, entries.map(item));
  byId("popup").replaceChildren(
    h("p", { class: "popup-title" },
      h("strong", {}, title.label), title.detail && h("span", {}, title.detail), title.hint && h("em", {}, title.hint)),
    entries.length > 0 ? list : "");
  byId("popup").hidden = false;
  field.setAttribute("aria-expanded", String(entries.length > 0));
  field.setAttribute("aria-controls", "popup-list");
  highlight(Math.min(first, entries.length - 1));
}

export function closePopup() {
  byId("popup").hidden = true;
  byId("popup").replaceChildren();
  owner?.setAttribute("aria-expanded", "false");
  owner?.removeAttribute("aria-activedescendant");
  owner = null;
  entries = [];
}

/** Takes the keys that belong to the list; true when the key was one of them. */
export function popupTakes(event) {
  if (event.target !== owner || entries.length === 0 || event.isComposing) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const picks = active >= 0 && ((event.key === "Enter" && !event.shiftKey) || (event.key === "Tab" && !event.shiftKey));
  if (!step && !picks) return false;
  event.preventDefault();
  if (step) highlight((active + step + entries.length + (active < 0 && step < 0 ? 1 : 0)) % entries.length);
  else onPick(entries[active]);
  return true;
}

function item(entry, index) {
  return h("li", {
    id: `popup-${index}`,
    role: "option",
    "aria-selected": "false",
    onmousemove: () => { if (active !== index) highlight(index); },
    onmousedown: (event) => event.preventDefault(),
    onclick: () => onPick(entry),
  },
    entry.picture && h("img", { class: "avatar", src: entry.picture, alt: "" }),
    h("span", { class: "label" }, entry.label),
    entry.detail && h("span", { class: "detail" }, entry.detail),
    entry.hint && h("span", { class: "hint" }, entry.hint));
}

function highlight(index) {
  byId(`popup-${active}`)?.setAttribute("aria-selected", "false");
  active = index;
  const node = byId(`popup-${active}`);
  node?.setAttribute("aria-selected", "true");
  node?.scrollIntoView({ block: "nearest" });
  if (node) owner.setAttribute("aria-activedescendant", node.id);
  else owner.removeAttribute("aria-activedescendant");
}
