// Where you are and who you are: servers, channels and people.
import { avatar, byId, h, icon, redraw } from "./dom.js";

const KIND_ICONS = { text: "hash", thread: "thread", dm: "at" };

/** use: {store, channel, unread: Map of channel id → number of pings, go(channel), become(user)}. */
export function drawSidebar(use) {
  const { store } = use;
  const here = store.placeOf(use.channel.id);
  redraw(byId("rail"), store.places.map((place) => railItem(place, place === here, use)));
  byId("place-name").textContent = here.name;
  byId("place-note").textContent = here.note;
  redraw(byId("channels"), here.channels.map((channel) => channelItem(channel, use)));
  redraw(byId("people"), [byId("people-title"), ...store.users.filter((user) => !user.bot).map((user) => personItem(user, use))]);
}

function railItem(place, isHere, use) {
  const pings = place.channels.reduce((sum, channel) => sum + (use.unread.get(channel.id) ?? 0), 0);
  const isDirect = place.kind === "dm";
  return h("li", {},
    h("button", {
      class: "place",
      type: "button",
      title: place.name,
      dataset: { key: place.id },
      "aria-label": pings ? `${place.name}, ${pings} pings` : place.name,
      "aria-current": isHere ? "true" : null,
      onclick: () => use.go(place.channels[0], false),
    }, isDirect ? h("img", { src: "/page/files/bot.svg", alt: "" }) : initials(place.name),
      pings > 0 && h("span", { class: "pings", "aria-hidden": "true" }, pings)));
}

const initials = (name) => name.split(/\s+/).map((word) => [...word][0]).join("").slice(0, 3);

function channelItem(channel, use) {
  const pings = use.unread.get(channel.id);
  const isUnread = pings !== undefined;
  const isHere = channel.id === use.channel.id;
  return h("li", { class: channel.kind },
    h("button", {
      class: isUnread ? "channel unread" : "channel",
      type: "button",
      dataset: { key: channel.id },
      "aria-current": isHere ? "page" : null,
      "aria-label": isUnread ? `${channel.name}, unread` : null,
      onclick: () => use.go(channel),
    }, icon(KIND_ICONS[channel.kind]), h("span", {}, channel.name),
      pings > 0 && h("span", { class: "pings", "aria-hidden": "true" }, pings)));
}

function personItem(user, use) {
  const isMe = user.id === use.store.me.id;
  return h("label", { class: "person" },
    h("input", {
      type: "radio",
      name: "person",
      class: "unseen",
      checked: isMe,
      dataset: { key: user.id },
      onchange: () => use.become(user.id),
    }),
    avatar(user), h("span", {}, h("strong", {}, user.name), user.note && h("small", {}, user.note)));
}
