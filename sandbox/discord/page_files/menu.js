// The menu of one message, at its button or where the person clicked.
import { byId, h, icon } from "./dom.js";

const GAP_PIXELS = 6;

let opener = null;
let place = null;

/**
 * at: a point of the window {x, y}, or null for the button that opens it; opening it there again closes it.
 * entries: {label, icon or picture, isBad, run()}, or {label, icon, entries} for those that unfold.
 */
export function openMenu(button, at, entries) {
  const again = opener === button && !at;
  closeMenu();
  if (again) return;
  opener = button;
  if (!at) opener.setAttribute("aria-expanded", "true");
  place = at;
  menu().replaceChildren(...entries.flatMap(item));
  menu().hidden = false;
  put();
  step(0);
}

export function closeMenu() {
  if (!opener) return;
  if (!place) opener.setAttribute("aria-expanded", "false");
  opener = null;
  menu().hidden = true;
  menu().replaceChildren();
}

/** Listens once for all: keys move in the menu, whatever happens elsewhere closes it. */
export function prepareMenu() {
  menu().addEventListener("keydown", key);
  menu().addEventListener("mousedown", (event) => event.preventDefault());
  menu().addEventListener("contextmenu", (event) => event.preventDefault());
  menu().addEventListener("focusout", (event) => {
    if (!menu().contains(event.relatedTarget) && event.relatedTarget !== opener) closeMenu();
  });
  window.addEventListener("resize", closeMenu);
}

const menu = () => byId("message-menu");

const shown = () => [...menu().querySelectorAll('[role="menuitem"]')].filter((node) => node.offsetParent);

function item(entry) {
  const picture = entry.picture ? h("img", { class: "avatar", src: entry.picture, alt: "" }) : icon(entry.icon);
  const button = h("button", {
    type: "button",
    role: "menuitem",
    tabindex: "-1",
    class: entry.isBad ? "bad" : null,
    "aria-haspopup": entry.entries ? "menu" : null,
    "aria-expanded": entry.entries ? "false" : null,
    onclick: () => { if (entry.entries) unfold(button); else choose(entry); },
  }, picture, h("span", {}, entry.label), entry.entries && icon("open"));
  if (!entry.entries) return button;
  return [button, h("div", { role: "group", "aria-label": entry.label, hidden: true }, entry.entries.map(item))];
}

function choose(entry) {
  const button = opener;
  closeMenu();
  button.focus({ preventScroll: true });
  entry.run();
}

function unfold(button, open = button.getAttribute("aria-expanded") === "false") {
  button.setAttribute("aria-expanded", String(open));
  button.nextElementSibling.hidden = !open;
  put();
  if (open) button.nextElementSibling.firstElementChild.focus();
}

function key(event) {
  const { activeElement: here } = document;
  const group = here.closest('[role="group"]');
  const folds = here.getAttribute("aria-expanded");
  const keys = {
    ArrowDown: () => step(shown().indexOf(here) + 1),
    ArrowUp: () => step(shown().indexOf(here) - 1),
    Home: () => step(0),
    End: () => step(-1),
    ArrowRight: () => { if (folds === "false") unfold(here, true); },
    ArrowLeft: () => {
      const parent = group?.previousElementSibling ?? (folds && here);
      if (!parent) return;
      unfold(parent, false);
      parent.focus();
    },
    Escape: () => {
      const button = opener;
      closeMenu();
      button.focus({ preventScroll: true });
    },
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

function step(index) {
  const items = shown();
  items.at(index % items.length).focus({ preventScroll: true });
}

/** Puts the menu where it was asked for, wholly within the window. */
function put() {
  const { offsetWidth: width, offsetHeight: height } = menu();
  const { right, bottom } = opener.getBoundingClientRect();
  const { x, y } = place ?? { x: right - width, y: bottom + GAP_PIXELS };
  const within = (wanted, size, room) => `${Math.max(GAP_PIXELS, Math.min(wanted, room - size - GAP_PIXELS))}px`;
  menu().style.left = within(x, width, window.innerWidth);
  menu().style.top = within(y, height, window.innerHeight);
}
