// The line at the bottom: a chat message with files and a reply, or a command once it is chosen.
import * as actions from "./actions.js";
import { CommandForm } from "./command.js";
import { byId, h, icon } from "./dom.js";
import { ChosenFiles } from "./files.js";
import { closePopup, openPopup, popupTakes } from "./popup.js";

const MAX_FILES = 10;

export class Composer {
  #store;
  #interactions;
  #channel = null;
  #reply = null;
  #tray = new ChosenFiles(byId("tray"), MAX_FILES, {
    removed: () => this.focus(),
    tooMany: `A message holds ${MAX_FILES} files at most.`,
  });
  #takeFiles = (files) => this.#take(files);
  #form = new CommandForm({
    leave: () => this.#leaveCommand(),
    submit: (command, options, files) => this.#sendCommand(command, options, files),
    problem: (text) => this.problem(text),
    chooseFile: (take) => this.#chooseFiles(([file]) => take(file), false),
    things: (kind) => this.#store.things(kind, this.#channel.id),
    autocomplete: (command, option, text, others) =>
      actions.autocomplete(this.#store.me.id, this.#channel.id, command.name, option, text, others),
  });

  constructor(store, interactions) {
    this.#store = store;
    this.#interactions = interactions;
    byId("attach").append(icon("plus"));
    byId("send").append(icon("send"));
    byId("text").addEventListener("input", () => this.#typed());
    byId("text").addEventListener("keydown", (event) => this.#textKey(event));
    byId("attach").addEventListener("click", () => this.#chooseFiles((files) => this.#take(files), true));
    byId("files").addEventListener("change", (event) => {
      const files = [...event.target.files];
      event.target.value = "";
      if (files.length) this.#takeFiles(files);
    });
    byId("composer").addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    byId("composer").addEventListener("keydown", (event) => { if (event.key === "Escape") this.#escape(); });
    byId("composer").addEventListener("focusout", (event) => {
      if (!byId("composer").contains(event.relatedTarget)) closePopup();
    });
    this.#listenForFiles(byId("main"));
  }

  /** What is written belongs to the page, a half-filled command and a reply to the channel they began in. */
  show(channel) {
    this.#channel = channel;
    this.#leaveCommand();
    closePopup();
    this.#setReply(null);
    byId("text").placeholder = `Message ${channel.kind === "dm" ? "@" : "#"}${channel.name}`;
  }

  focus() {
    byId("text").focus();
  }

  reply(message) {
    this.#leaveCommand();
    this.#setReply({ message, ping: true });
    this.focus();
  }

  get #isCommand() { return !byId("command").hidden; }

  #setReply(reply) {
    this.#reply = reply;
    const bar = byId("reply");
    bar.hidden = reply === null;
    if (!reply) return;
    const ping = h("button", {
      class: "plain ping",
      type: "button",
      "aria-pressed": String(reply.ping),
      title: "Notify the author",
      onclick: () => { this.#setReply({ ...reply, ping: !reply.ping }); this.focus(); },
    }, icon(reply.ping ? "bell" : "bellOff"), reply.ping ? "Ping on" : "Ping off");
    const cancel = h("button", {
      class: "icon",
      type: "button",
      "aria-label": "Cancel the reply",
      onclick: () => { this.#setReply(null); this.focus(); },
    }, icon("close"));
    const name = h("strong", {}, this.#store.names.user(reply.message.author.id));
    bar.replaceChildren(h("span", {}, "Replying to ", name), ping, cancel);
  }

  #typed() {
    this.problem("");
    const text = byId("text").value;
    const commands = this.#store.commands(this.#channel);
    const exact = commands.find((command) => text.startsWith(`/${command.name} `));
    const begun = commands.some((command) => command.name.startsWith(text.slice(1).toLowerCase()));
    if (exact) this.#enterCommand(exact, text.slice(exact.name.length + 2));
    else if (text.startsWith("/") && (begun || !/\s/.test(text))) this.#offerCommands(commands, text.slice(1).toLowerCase());
    else closePopup();
  }

  #offerCommands(commands, text) {
    const entries = commands.filter((command) => command.name.includes(text)).map((command) => ({
      label: `/${command.name}`,
      detail: command.description,
      hint: this.#store.bot.name,
      picture: "/page/files/bot.svg",
      command,
    }));
    const detail = commands.length === 0 ? "There are none here." : entries.length === 0 ? "None of that name." : null;
    openPopup(byId("text"), { label: "Commands", detail }, entries, ({ command }) => this.#enterCommand(command, ""));
  }

  #enterCommand(command, text) {
    byId("text").value = "";
    byId("text").hidden = true;
    this.#setReply(null);
    closePopup();
    this.#form.open(command, text);
    if (this.#tray.files.length && this.#form.take(this.#tray.files)) this.#tray.clear();
  }

  #leaveCommand() {
    if (!this.#isCommand) return;
    this.#form.hide();
    byId("text").hidden = false;
    this.problem("");
    this.focus();
  }

  #escape() {
    if (this.#isCommand) this.#leaveCommand();
    else if (!byId("popup").hidden) closePopup();
    else this.#setReply(null);
  }

  #textKey(event) {
    if (popupTakes(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    }
  }

  #submit() {
    if (this.#isCommand) this.#form.submit();
    else this.#sendText();
  }

  async #sendText() {
    const text = byId("text").value.trim();
    const { files } = this.#tray;
    if (!text && files.length === 0) return;
    const reply = this.#reply;
    byId("text").value = "";
    this.#setReply(null);
    this.#tray.clear();
    closePopup();
    try {
      await actions.say(this.#store.me.id, this.#channel.id, text, files, reply?.message.id ?? null, reply?.ping ?? true);
    } catch (error) {
      byId("text").value ||= text;
      this.#tray.add(files);
      this.#setReply(reply);
      this.problem(error.message);
    }
  }

  async #sendCommand(command, options, files) {
    const [user, channel] = [this.#store.me.id, this.#channel.id];
    this.#leaveCommand();
    try {
      await this.#interactions.command(channel, `/${command.name}`, () =>
        actions.slash(user, channel, command.name, options, files));
    } catch (error) {
      if (this.#channel.id === channel && !this.#isCommand) {
        byId("text").hidden = true;
        this.#form.show();
      }
      this.problem(error.message);
    }
  }

  /** Says below the message box what went wrong; an empty text takes it away. */
  problem(text) {
    byId("problem").textContent = text;
    byId("problem").hidden = !text;
  }

  #take(files) {
    if (!this.#isCommand) this.problem(this.#tray.add(files) ?? "");
    else if (!this.#form.take(files)) this.problem(`/${this.#form.command.name} takes no more files.`);
    if (!this.#isCommand) this.focus();
  }

  #chooseFiles(take, multiple) {
    this.#takeFiles = take;
    byId("files").multiple = multiple;
    byId("files").click();
  }

  #listenForFiles(area) {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    const shine = (on) => { byId("drop").hidden = !on; };
    area.addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); shine(true); } });
    area.addEventListener("dragleave", (event) => { if (!area.contains(event.relatedTarget)) shine(false); });
    area.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      shine(false);
      this.#take([...event.dataTransfer.files]);
    });
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0 || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.#take(files);
    });
  }
}
