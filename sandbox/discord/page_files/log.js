// The messages of the chosen channel: keeps the list in step with the store and the view at its end.
import { announce, avatar, byId, h, waiting } from "./dom.js";
import { byline, isCommon, messageNode, summary, used } from "./message.js";
import { isSameDay, timeElement } from "./times.js";

const JOIN_MILLISECONDS = 7 * 60 * 1000;
const NEAR_END_PIXELS = 80;

export class Log {
  #use;
  #store;
  #channel = null;
  #shown = new Map();
  #dismissed = new Set();
  #sending = [];
  #atEnd = true;
  #top = 0;

  /** use as in message.js, without dismiss and jump, which are done here. */
  constructor(use) {
    this.#use = { ...use, dismiss: (message) => this.#dismiss(message), jump: (id) => this.jump(id) };
    this.#store = use.store;
    byId("log").addEventListener("contextmenu", (event) => this.#contextMenu(event));
    const scroller = byId("scroller");
    scroller.addEventListener("scroll", () => this.#scrolled());
    byId("latest").addEventListener("click", () => this.#toEnd());
    new ResizeObserver(() => { if (this.#atEnd) this.#toEnd(); }).observe(byId("log"));
    new ResizeObserver(() => { if (this.#atEnd) this.#toEnd(); }).observe(scroller);
  }

  show(channel) {
    this.#channel = channel;
    this.#shown.clear();
    byId("log").replaceChildren();
    this.#atEnd = true;
    this.update();
    this.#toEnd();
  }

  /** A command on its way: {id, user, channel, name, state: "sending" | "failed"}. */
  send(line) {
    this.#sending = [...this.#sending.filter((one) => one.id !== line.id), line].slice(-20);
    this.update();
    if (line.state === "sending") this.#toEnd();
  }

  sent(id) {
    this.#sending = this.#sending.filter((one) => one.id !== id);
    this.update();
  }

  /** Draws anew what changed; stale holds ids of messages to draw although their data is the same. */
  update(stale = new Set()) {
    if (!this.#channel) return;
    const messages = this.#store.messages(this.#channel.id).filter((message) => !this.#dismissed.has(message.id));
    const focus = this.#focusKey();
    const nodes = [this.#beginning()];
    const isNew = [];
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      if (!before || !isSameDay(new Date(before.timestamp), new Date(message.timestamp))) nodes.push(this.#day(message));
      const joined = Boolean(before) && follows(message, before);
      const old = this.#shown.get(message.id);
      const same = old && old.message === message && old.joined === joined && !stale.has(message.id);
      const shown = same ? old : { message, joined, node: messageNode(message, joined, this.#use) };
      if (!same) this.#shown.set(message.id, shown);
      if (!old || (old.message.loading && !message.loading)) isNew.push(message);
      nodes.push(shown.node);
    });
    const mine = this.#sending.filter((line) => line.channel === this.#channel.id && line.user === this.#store.me.id);
    nodes.push(...mine.map((line) => this.#line(line)));
    const first = byId("log").childElementCount === 0;
    place(byId("log"), nodes);
    this.#restore(focus);
    if (!first) this.#tell(isNew);
  }

  /** Brings a message into view and lets it shine for a moment. */
  jump(id) {
    const node = this.#shown.get(id)?.node;
    if (!node?.isConnected) return false;
    this.#atEnd = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1600);
    return true;
  }

  #beginning() {
    const { kind, name, commands } = this.#channel;
    const hasCommands = commands.length > 0;
    return this.#once(`beginning-${hasCommands}`, () => h("li", { class: "beginning" },
      h("p", {}, kind === "dm" ? name : `#${name}`),
      h("p", {}, "This is the beginning. ", hasCommands && ["Type ", h("code", {}, "/"), " to see what you can ask for."])));
  }

  #day(message) {
    return this.#once(`day-${message.id}`, () =>
      h("li", { class: "day", role: "separator" }, timeElement(new Date(message.timestamp), "D", "")));
  }

  #once(key, build) {
    if (!this.#shown.has(key)) this.#shown.set(key, { node: build() });
    return this.#shown.get(key).node;
  }

  #line({ id, name, state }) {
    const words = state === "sending"
      ? waiting("Sending command…")
      : h("p", { class: "note wrong" }, "The application did not respond · ",
        h("button", { class: "plain", type: "button", onclick: () => this.sent(id) }, "Dismiss message"));
    return h("li", { class: "message ephemeral" },
      used(this.#store.me.name, name),
      avatar(this.#store.bot),
      h("div", { class: "body" }, byline(this.#store.bot), words));
  }

  /** A right click or a long press opens the message's menu, unless it is about a link or chosen text. */
  #contextMenu(event) {
    const node = event.target.closest(".message");
    const message = this.#shown.get(node?.dataset.id)?.message;
    const isOther = event.target.closest("a, select") || !getSelection().isCollapsed;
    if (!message || isOther || !isCommon(message)) return;
    event.preventDefault();
    this.#use.menu(message, node, { x: event.clientX, y: event.clientY });
  }

  #dismiss(message) {
    this.#dismissed.add(message.id);
    this.update();
    byId("text").focus();
  }

  #tell(messages) {
    const others = messages.filter((message) => message.author.id !== this.#store.me.id);
    if (messages.length && !this.#atEnd) byId("latest").hidden = false;
    if (others.length === 0) return;
    const last = others.at(-1);
    announce(`${this.#use.names.user(last.author.id)}${last.ephemeral ? ", only to you" : ""}: ${summary(last, this.#use.names)}`);
  }

  /** Only scrolling up leaves the end; what grows below the view does not. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = byId("scroller");
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END_PIXELS;
    this.#atEnd = isNear || (this.#atEnd && scrollTop >= this.#top);
    this.#top = scrollTop;
    if (this.#atEnd) byId("latest").hidden = true;
  }

  #toEnd() {
    const scroller = byId("scroller");
    scroller.scrollTop = scroller.scrollHeight;
    this.#atEnd = true;
    byId("latest").hidden = true;
  }

  #focusKey() {
    const node = document.activeElement?.closest("#log .message");
    return node && { id: node.dataset.id, key: document.activeElement.dataset.key };
  }

  #restore(focus) {
    if (!focus || document.activeElement !== document.body) return;
    const node = this.#shown.get(focus.id)?.node;
    const control = focus.key && node?.querySelector(`[data-key="${CSS.escape(focus.key)}"]:not(:disabled)`);
    if (!control && node && focus.key) node.dataset.key = focus.key; // a pressed button is off until it is answered
    (control ?? node ?? byId("text")).focus({ preventScroll: true });
  }
}

function follows(message, before) {
  return message.author.id === before.author.id
    && !message.message_reference && !message.used
    && message.ephemeral === before.ephemeral && message.pinged === before.pinged
    && isSameDay(new Date(message.timestamp), new Date(before.timestamp))
    && new Date(message.timestamp) - new Date(before.timestamp) < JOIN_MILLISECONDS;
}

/** Makes the list hold exactly these nodes, touching no node that already stands right. */
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}
