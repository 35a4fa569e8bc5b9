// What this person sees, as the page's server tells it: one value a key, set and taken away by pushes.

const RETRY_MILLISECONDS = [250, 500, 1000, 2000, 4000];

const newestLast = (one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1);

export class Store extends EventTarget {
  #values = new Map();
  #socket = null;
  #attempt = 0;
  #timer = 0;

  /** Sees the world as this person from now on; without an id, as the first one there is. */
  follow(user) {
    clearTimeout(this.#timer);
    this.#socket?.close();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/page/live${user ? `?user=${user}` : ""}`);
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#apply(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket !== this.#socket) return;
      const wait = RETRY_MILLISECONDS[Math.min(this.#attempt++, RETRY_MILLISECONDS.length - 1)];
      this.#timer = setTimeout(() => this.follow(this.me?.id ?? user), wait);
      this.dispatchEvent(new Event("lost"));
    });
  }

  #apply(push) {
    const changed = new Set([...Object.keys(push.set), ...push.gone]);
    if (push.fresh) {
      for (const key of this.#values.keys()) changed.add(key);
      this.#values.clear();
    }
    for (const [key, value] of Object.entries(push.set)) this.#values.set(key, value);
    for (const key of push.gone) this.#values.delete(key);
    this.#attempt = 0;
    this.dispatchEvent(new CustomEvent("change", { detail: { changed, fresh: push.fresh } }));
  }

  get users() { return this.#values.get("users") ?? []; }
  get me() { return this.user(this.#values.get("me")); }
  get bot() { return this.#values.get("bot"); }
  get places() { return this.#values.get("places") ?? []; }

  user(id) { return this.users.find((user) => user.id === id); }
  channel(id) { return this.places.flatMap((place) => place.channels).find((channel) => channel.id === id); }
  placeOf(channelId) { return this.places.find((place) => place.channels.some((channel) => channel.id === channelId)); }
  commands(channel) {
    return (channel?.commands ?? []).map((id) => this.#values.get("commands")[id]);
  }
  /** The commands in the Apps menu of messages. */
  apps(channel) {
    return (channel?.apps ?? []).map((id) => this.#values.get("commands")[id]);
  }
  /** What a menu or an option can name in a channel, by kind: "user", "role" or "channel". */
  things(kind, channelId) {
    const place = this.placeOf(channelId);
    return { user: this.users, role: place?.roles ?? [], channel: place?.channels ?? [] }[kind];
  }
  message(channelId, id) { return this.#values.get(`message:${channelId}:${id}`); }
  messages(channelId) {
    const prefix = `message:${channelId}:`;
    return [...this.#values].filter(([key]) => key.startsWith(prefix)).map(([, message]) => message).sort(newestLast);
  }

  /** The words for mentions. */
  names = {
    user: (id) => this.user(id)?.name ?? "unknown-user",
    role: (id) => this.places.flatMap((place) => place.roles).find((role) => role.id === id)?.name ?? "deleted-role",
    channel: (id) => this.channel(id)?.name ?? "unknown",
  };
}
