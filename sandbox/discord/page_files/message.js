// One message as a list item.
import { attachments } from "./attachments.js";
import { components, firstText } from "./components.js";
import { avatar, h, icon, waiting } from "./dom.js";
import { markdown, plainText } from "./markdown.js";
import { timeElement } from "./times.js";

/**
 * use: {store, names, busy, failed, press(message, id, values), reply(message), menu(message, button),
 * dismiss(message), jump(message id)}.
 */
export function messageNode(message, joined, use) {
  const author = use.store.user(message.author.id) ?? { ...message.author, name: message.author.username };
  const classes = ["message", joined && "joined", message.pinged && "pinged", message.ephemeral && "ephemeral"];
  return h("li", {
    class: classes.filter(Boolean).join(" "),
    dataset: { id: message.id },
    tabindex: "-1",
    "aria-label": `${author.name}: ${summary(message, use.names)}`,
  },
    !joined && above(message, use),
    joined ? timeElement(new Date(message.timestamp), "t", "gutter") : avatar(author),
    h("div", { class: "body" }, !joined && byline(author, message.timestamp), content(message, use), notes(message, use)),
    tools(message, use));
}

/** What a message says in a few words. */
export function summary(message, names) {
  if (message.loading) return "is thinking…";
  const text = plainText(message.content || firstText(message.components), names);
  const files = message.attachments.length;
  return text || (files ? `${files} ${files === 1 ? "file" : "files"}` : "a message");
}

function above(message, use) {
  if (message.used) {
    const { name, user } = message.used;
    return used(use.names.user(user), name);
  }
  if (!message.message_reference) return null;
  const quoted = message.referenced_message;
  if (!quoted) return h("p", { class: "above" }, h("em", {}, "The original message was deleted"));
  const name = use.names.user(quoted.author.id);
  return h("button", { class: "above", type: "button", onclick: () => use.jump(quoted.id) },
    h("strong", {}, name),
    h("span", { class: "quoted" }, summary(quoted, use.names)),
    quoted.attachments.length > 0 && icon("image"));
}

/** Who speaks, and when, once that is known. */
export function byline(author, timestamp) {
  return h("p", { class: "byline" },
    h("strong", { class: author.bot ? "name app" : "name" }, author.name),
    author.bot && h("span", { class: "badge" }, "APP"),
    timestamp && timeElement(new Date(timestamp), "t", "when"));
}

/** The line above an answer: who used which command. */
export function used(name, command) {
  return h("p", { class: "above" }, h("strong", {}, name), " used ", h("span", { class: "mention" }, command));
}

function content(message, use) {
  if (message.loading) {
    return waiting(`${use.names.user(message.author.id)} is thinking…`);
  }
  const text = message.content && h("div", { class: "text" }, markdown(message.content, use.names));
  const edited = message.edited_timestamp && h("span", { class: "edited" }, " (edited)");
  if (edited && text?.lastElementChild?.tagName === "P") text.lastElementChild.append(edited);
  const actions = {
    names: use.names,
    busy: use.busy.get(message.id) ?? new Set(),
    press: (customId, values) => use.press(message, customId, values),
    things: (kind) => use.store.things(kind, message.channel_id),
  };
  return [
    text,
    attachments(message.attachments),
    components(message.components, actions),
    !edited?.parentNode && edited,
  ];
}

function notes(message, use) {
  const failed = use.failed.get(message.id);
  return [
    failed && h("p", { class: "note wrong" }, failed),
    message.ephemeral && h("p", { class: "note" }, icon("eye"), "Only you can see this · ",
      h("button", { class: "plain", type: "button", onclick: () => use.dismiss(message) }, "Dismiss message")),
  ];
}

/** Whether it can be answered, linked and worked on: what one person alone sees cannot. */
export const isCommon = (message) => !message.ephemeral && !message.loading;

function tools(message, use) {
  if (!isCommon(message)) return null;
  const more = h("button", {
    class: "icon",
    type: "button",
    title: "More",
    "aria-label": "More",
    "aria-haspopup": "menu",
    "aria-controls": "message-menu",
    "aria-expanded": "false",
    dataset: { key: "more" },
    onclick: () => use.menu(message, more),
  }, icon("more"));
  return h("div", { class: "tools" },
    h("button", {
      class: "icon",
      type: "button",
      title: "Reply",
      "aria-label": "Reply",
      dataset: { key: "reply" },
      onclick: () => use.reply(message),
    }, icon("reply")),
    more);
}
