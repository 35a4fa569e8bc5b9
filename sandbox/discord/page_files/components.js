// Buttons, selects and layout blocks under and inside messages, by Discord's component numbers.
import { grid, picture } from "./attachments.js";
import { h, icon } from "./dom.js";
import { link, markdown } from "./markdown.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

const THINGS = { 5: "user", 6: "role", 8: "channel" };

const BUILDERS = {
  1: (item, use) => h("div", { class: "row" }, components(item.components, use)),
  2: button,
  3: select,
  5: select,
  6: select,
  8: select,
  9: (item, use) => h("div", { class: "section" },
    h("div", {}, components(item.components, use)), components([item.accessory], use)),
  10: (item, use) => h("div", { class: "text" }, markdown(item.content, use.names)),
  11: (item) => h("div", { class: "thumbnail" }, picture(media(item))),
  12: (item) => grid(item.items.map(media)),
  14: (item) => h("hr", { class: item.divider === false ? "blank" : null, dataset: { spacing: item.spacing ?? 1 } }),
  17: (item, use) => h("div", {
    class: item.accent_color === undefined || item.accent_color === null ? "container" : "container accented",
    style: { "--accent-line": `#${(item.accent_color ?? 0).toString(16).padStart(6, "0")}` },
  }, components(item.components, use)),
};

/** use: {names, busy: Set of custom ids, press(customId, values), things(kind)}. */
export function components(items, use) {
  return items.map((item) => BUILDERS[item.type]?.(item, use));
}

/** What a layout says first, for those who hear of it. */
export function firstText(items) {
  for (const item of items) {
    const text = item.content ?? firstText(item.components ?? []);
    if (text) return text;
  }
  return "";
}

function media(item) {
  const file = item.media;
  return {
    id: file.id ?? file.url,
    url: file.url,
    size: file.size,
    filename: file.filename ?? file.url,
    width: file.width ?? 1024,
    height: file.height ?? 1024,
    description: item.description,
    spoiler: item.spoiler,
  };
}

function button(item, use) {
  const label = [item.emoji?.name && h("span", { class: "emoji" }, item.emoji.name), item.label];
  const style = `button ${BUTTON_STYLES[item.style] ?? "secondary"}`;
  if (item.style === 5) {
    return item.disabled
      ? h("button", { class: style, disabled: true }, label)
      : h("a", { class: style, href: item.url, target: "_blank", rel: "noopener noreferrer" }, label, icon("out"));
  }
  const busy = use.busy.has(item.custom_id);
  return h("button", {
    class: busy ? `${style} busy` : style,
    type: "button",
    disabled: item.disabled || busy,
    "aria-label": item.label ? null : item.emoji?.name ?? item.custom_id,
    dataset: { key: item.custom_id },
    onclick: () => use.press(item.custom_id),
  }, label);
}

/** What a menu of people, roles or channels offers. */
function things(item, use) {
  const chosen = new Set((item.default_values ?? []).map((value) => value.id));
  return use.things(THINGS[item.type]).map(({ id, name }) => ({ value: id, label: name, default: chosen.has(id) }));
}

function select(item, use) {
  const limit = item.max_values ?? 1;
  const options = item.options ?? things(item, use);
  const choices = options.map((option) => h("option", { value: option.value, selected: option.default }, option.label));
  const isEmptied = item.min_values === 0;
  const isChosen = options.some((option) => option.default);
  if (limit === 1 && (isEmptied || !isChosen)) {
    choices.unshift(h("option", { value: "", disabled: !isEmptied, selected: !isChosen, hidden: !isEmptied }, item.placeholder ?? "Make a selection"));
  }
  return h("select", {
    "aria-label": item.placeholder ?? "Make a selection",
    multiple: limit > 1,
    disabled: item.disabled || use.busy.has(item.custom_id),
    dataset: { key: item.custom_id },
    onchange: (event) => {
      const values = [...event.target.selectedOptions].map((option) => option.value).filter(Boolean);
      if (values.length >= (item.min_values ?? 1) && values.length <= limit) use.press(item.custom_id, values);
    },
  }, choices);
}
