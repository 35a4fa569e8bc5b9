// Discord's markdown, as far as bots and people here write it, as DOM nodes.
import { h } from "./dom.js";
import { timeElement } from "./times.js";

const INLINE = [
  [/^\\([^\sA-Za-z0-9])/, (match) => match[1]],
  [/^``([\s\S]+?)``(?!`)/, (match) => h("code", {}, match[1].trim())],
  [/^`([^`]+)`/, (match) => h("code", {}, match[1])],
  [/^\|\|([\s\S]+?)\|\|/, (match, names) => spoiler(inline(match[1], names))],
  [/^\*\*\*([\s\S]+?)\*\*\*/, (match, names) => h("strong", {}, h("em", {}, inline(match[1], names)))],
  [/^\*\*([\s\S]+?)\*\*(?!\*)/, (match, names) => h("strong", {}, inline(match[1], names))],
  [/^__([\s\S]+?)__(?!_)/, (match, names) => h("u", {}, inline(match[1], names))],
  [/^~~([\s\S]+?)~~/, (match, names) => h("s", {}, inline(match[1], names))],
  [/^\*(?=\S)((?:[^*\\]|\\.|\*\*)+?)(?<=\S)\*(?!\*)/, (match, names) => h("em", {}, inline(match[1], names))],
  [/^\b_((?:[^_\\]|\\.|__)+?)_\b/, (match, names) => h("em", {}, inline(match[1], names))],
  [/^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?(?: "[^"]*")?\)/, (match, names) => link(match[2], inline(match[1], names))],
  [/^<(https?:\/\/[^\s>]+)>/, (match) => link(match[1], match[1])],
  [/^https?:\/\/[^\s<]*[^\s<.,:;"'\])]/, (match) => link(match[0], match[0])],
  [/^<t:(-?\d{1,12})(?::([tTdDfFR]))?>/, (match) => timeElement(new Date(Number(match[1]) * 1000), match[2] ?? "f")],
  [/^<@!?(\d+)>/, (match, names) => h("span", { class: "mention" }, `@${names.user(match[1])}`)],
  [/^<@&(\d+)>/, (match, names) => h("span", { class: "mention" }, `@${names.role(match[1])}`)],
  [/^<#(\d+)>/, (match, names) => h("span", { class: "mention" }, `#${names.channel(match[1])}`)],
  [/^<\/([^:>]+):\d+>/, (match) => h("span", { class: "mention" }, `/${match[1]}`)],
];

/** href is http or https by the patterns above; the page keeps its own address to itself. */
export function link(href, ...label) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
}

function spoiler(content) {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    const node = event.currentTarget;
    if (node.classList.contains("revealed")) return;
    event.preventDefault();
    node.classList.add("revealed");
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
  };
  return h("span", {
    class: "spoiler",
    role: "button",
    tabindex: "0",
    "aria-label": "Spoiler: show",
    onclick: reveal,
    onkeydown: reveal,
  }, h("span", {}, content));
}

/** The first rule that fits the beginning of the text, as [match, builder]. */
function firstMatch(rules, text) {
  for (const [pattern, build] of rules) {
    const match = pattern.exec(text);
    if (match) return [match, build];
  }
  return null;
}

function inline(text, names) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const wordBefore = /\w$/.test(plain);
    const inWord = wordBefore && /^[_h]/.test(rest);
    const found = !inWord && firstMatch(INLINE, rest);
    if (found) {
      if (plain) nodes.push(plain);
      nodes.push(found[1](found[0], names));
      plain = "";
      rest = rest.slice(found[0][0].length);
    } else {
      const [character] = rest;
      plain += character;
      rest = rest.slice(character.length);
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

const BLOCKS = [
  [/^```(?:([\w+-]*)\n)?([\s\S]*?)\n?```\n?/, (match) => h("pre", {}, h("code", {}, match[2]))],
  [/^(#{1,3}) +([^\n]+)(?:\n|$)/, (match, names) => heading(match[1].length, inline(match[2], names))],
  [/^-# +([^\n]+)(?:\n|$)/, (match, names) => h("small", {}, inline(match[1], names))],
  [/^>>> ([\s\S]*)$/, (match, names) => h("blockquote", {}, markdown(match[1], names))],
  [/^(?:> ?[^\n]*(?:\n|$))+/, (match, names) => h("blockquote", {}, markdown(match[0].replace(/^> ?/gm, "").replace(/\n$/, ""), names))],
  [/^(?: *[-*] [^\n]+(?:\n|$))+/, (match, names) => h("ul", {}, items(match[0], names))],
  [/^(?: *\d+\. [^\n]+(?:\n|$))+/, (match, names) => h("ol", { start: parseInt(match[0], 10) }, items(match[0], names))],
];

function heading(level, content) {
  return h("p", { class: `heading-${level}`, role: "heading", "aria-level": level + 2 }, content);
}

function items(text, names) {
  return text.trimEnd().split("\n").map((line) => h("li", {}, inline(line.replace(/^ *(?:[-*]|\d+\.) /, ""), names)));
}

/** names.user(id), names.role(id) and names.channel(id) give the words for mentions. */
export function markdown(text, names) {
  const nodes = [];
  let paragraph = [];
  let rest = text;
  const flush = () => {
    if (paragraph.length) nodes.push(h("p", {}, inline(paragraph.join("\n"), names)));
    paragraph = [];
  };
  while (rest) {
    const found = firstMatch(BLOCKS, rest);
    if (found) {
      flush();
      nodes.push(found[1](found[0], names));
      rest = rest.slice(found[0][0].length);
    } else {
      const fence = rest.indexOf("```", 1);
      const newline = rest.indexOf("\n");
      const end = newline < 0 ? rest.length : newline;
      const stop = fence > 0 && fence < end ? fence : end;
      paragraph.push(rest.slice(0, stop));
      rest = rest.slice(stop === end ? end + 1 : stop);
    }
  }
  flush();
  return nodes;
}

/** The text in one line without any markup, for quotes and announcements. */
export function plainText(text, names) {
  return markdown(text, names).map((node) => node.textContent).join(" ").replace(/\s+/g, " ").trim();
}
