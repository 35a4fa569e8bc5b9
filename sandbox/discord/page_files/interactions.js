// What a person asks of the bot, until it is answered: a waiting line, a busy button, a form to fill in.
import * as actions from "./actions.js";
import { announce } from "./dom.js";
import { openModal } from "./modal.js";

export class Interactions {
  #store;
  #log = null;
  /** Message id → custom ids that wait for an answer. */
  busy = new Map();
  /** Message id → why the last press came to nothing. */
  failed = new Map();

  constructor(store) {
    this.#store = store;
  }

  /** Tells where waiting and failed commands are shown. */
  showIn(log) {
    this.#log = log;
  }

  forget() {
    this.busy.clear();
    this.failed.clear();
  }

  /** Sends a command by `ask()`, with a line in the log meanwhile; throws what the client refused. */
  async command(channel, name, ask) {
    const line = { id: crypto.randomUUID(), user: this.#store.me.id, channel, name, state: "sending" };
    this.#log.send(line);
    try {
      const answer = await ask();
      if (answer.state === "failed") this.#log.send({ ...line, state: "failed" });
      else this.#log.sent(line.id);
      this.#show(line.user, channel, answer);
    } catch (error) {
      this.#log.sent(line.id);
      throw error;
    }
  }

  async press(message, customId, values) {
    const user = this.#store.me.id;
    this.busy.set(message.id, new Set([...(this.busy.get(message.id) ?? []), customId]));
    this.failed.delete(message.id);
    this.#log.update(new Set([message.id]));
    let answer = null;
    try {
      answer = await actions.press(user, message.channel_id, message.id, customId, values);
      if (answer.state === "failed") this.failed.set(message.id, "The application did not respond");
    } catch (error) {
      this.failed.set(message.id, error.message);
    }
    this.busy.get(message.id)?.delete(customId);
    if (this.failed.has(message.id)) announce(this.failed.get(message.id));
    this.#log.update(new Set([message.id]));
    if (answer) this.#show(user, message.channel_id, answer);
  }

  #show(user, channel, answer) {
    if (!answer.modal || user !== this.#store.me.id) return;
    openModal(answer.modal, this.#store.names, (fields, files) =>
      actions.submit(user, channel, answer.id, fields, files));
  }
}
