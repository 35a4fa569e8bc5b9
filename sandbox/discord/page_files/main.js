// Joins the parts of the page: the store's changes go to the sidebar, the log and the top line.
import * as actions from "./actions.js";
import { Composer } from "./composer.js";
import { announce, byId, icon } from "./dom.js";
import { Interactions } from "./interactions.js";
import { Log } from "./log.js";
import { closeMenu, openMenu, prepareMenu } from "./menu.js";
import { ServicesPanel } from "./services.js";
import { drawSidebar } from "./sidebar.js";
import { Store } from "./store.js";

const JUMP = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?$/;
// On a phone the focus would bring up its keyboard.
const HAS_KEYBOARD = matchMedia("(hover: hover)").matches;

const store = new Store();
const unread = new Map();
const known = new Set();
let channel = null;
let sidebarShown = "";

const interactions = new Interactions(store);
const { busy, failed } = interactions;
const composer = new Composer(store, interactions);
const log = new Log({
  store,
  names: store.names,
  busy,
  failed,
  press: (message, customId, values) => interactions.press(message, customId, values),
  reply: (message) => composer.reply(message),
  menu: (message, button, at = null) => openMenu(button, at, menuEntries(message)),
});
interactions.showIn(log);
const services = new ServicesPanel();

function menuEntries(message) {
  const { me } = store;
  const at = [me.id, message.channel_id, message.id];
  const apps = store.apps(channel).map(({ name }) => ({
    label: name,
    picture: "/page/files/bot.svg",
    run: () => tried(interactions.command(message.channel_id, name, () => actions.menu(...at, name))),
  }));
  return [
    { label: "Reply", icon: "reply", run: () => composer.reply(message) },
    apps.length > 0 && { label: "Apps", icon: "apps", entries: apps },
    { label: "Copy link", icon: "link", run: () => tried(copyLink(message)) },
    message.author.id === me.id && { label: "Delete", icon: "bin", isBad: true, run: () => tried(actions.remove(...at)) },
  ].filter(Boolean);
}

async function copyLink(message) {
  await navigator.clipboard.writeText(`https://discord.com/channels/${channel.guild}/${channel.id}/${message.id}`);
  announce("Link copied.");
}

/** Says what the client refused. */
async function tried(doing) {
  composer.problem("");
  try {
    await doing;
  } catch (error) {
    composer.problem(error.message);
  }
}

function go(next, closeDrawer = true) {
  channel = next;
  closeMenu();
  unread.delete(channel.id);
  location.hash = `${store.me.id}/${channel.id}`;
  log.show(channel);
  composer.show(channel);
  draw();
  if (closeDrawer) setDrawer(false);
}

function visit(next, closeDrawer = true) {
  go(next, closeDrawer);
  if (closeDrawer && HAS_KEYBOARD) composer.focus();
}

function become(user) {
  unread.clear();
  interactions.forget();
  store.follow(user);
}

function draw() {
  const shown = JSON.stringify([store.me, store.users, store.places, channel.id, [...unread]]);
  if (shown !== sidebarShown) drawSidebar({ store, channel, unread, go: visit, become });
  sidebarShown = shown;
  byId("channel-name").replaceChildren(icon({ text: "hash", thread: "thread", dm: "at" }[channel.kind]), channel.name);
  byId("channel-topic").textContent = channel.topic;
  document.title = `${channel.name} · ${store.placeOf(channel.id).name}`;
  const { bot } = store;
  byId("bot-state").className = bot.online ? "online" : "";
  byId("bot-state").textContent = bot.online ? `${bot.name} is online` : `${bot.name} is offline`;
  tellConnection(bot.online ? "" : `${bot.name} is offline. Commands will not be answered until it is back.`);
}

function tellConnection(text) {
  const line = byId("connection");
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

function countUnread(changed) {
  for (const key of changed) {
    const [kind, channelId, id] = key.split(":");
    const message = kind === "message" && channelId !== channel.id && store.message(channelId, id);
    if (!message || message.author.id === store.me.id || known.has(key)) continue;
    unread.set(channelId, (unread.get(channelId) ?? 0) + (message.pinged ? 1 : 0));
  }
}

store.addEventListener("change", ({ detail: { changed, fresh } }) => {
  const [, wanted] = location.hash.slice(1).split("/");
  const here = store.channel(wanted) ?? (store.places[1] ?? store.places[0]).channels[0];
  if (!fresh) countUnread(changed);
  for (const key of changed) known.add(key);
  if (changed.has("services")) services.changed();
  const isMoved = channel?.id !== here.id;
  if (isMoved || document.body.dataset.me !== store.me.id) {
    document.body.dataset.me = store.me.id;
    go(here, false);
    if (isMoved && HAS_KEYBOARD) composer.focus();
  } else {
    channel = here;
    log.update();
    draw();
  }
});

store.addEventListener("lost", () => tellConnection("Connection lost. Trying again…"));

function setDrawer(open) {
  byId("sidebar").classList.toggle("open", open);
  byId("shade").hidden = !open;
  byId("menu").setAttribute("aria-expanded", String(open));
}

prepareMenu();
byId("menu").append(icon("menu"));
byId("menu").addEventListener("click", () => {
  setDrawer(!byId("sidebar").classList.contains("open"));
  byId("sidebar").querySelector('[aria-current="page"]')?.focus();
});
byId("shade").addEventListener("click", () => setDrawer(false));
byId("sidebar").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && byId("sidebar").classList.contains("open")) {
    setDrawer(false);
    byId("menu").focus();
  }
});

document.addEventListener("click", (event) => {
  const found = JUMP.exec(event.target.closest?.("a")?.href ?? "");
  if (!found) return;
  event.preventDefault();
  const target = store.channel(found[1]);
  if (target && target.id !== channel.id) go(target);
  const isThere = target && (!found[2] || log.jump(found[2]));
  composer.problem(isThere ? "" : "You cannot see what this link leads to.");
});

window.addEventListener("hashchange", () => {
  const [user, channelId] = location.hash.slice(1).split("/");
  if (user !== store.me.id) become(user);
  else if (channelId !== channel.id && store.channel(channelId)) go(store.channel(channelId));
});

store.follow(location.hash.slice(1).split("/")[0]);
