// A form that the bot shows: its fields, what the client checks, and sending it.
import { byId, h, icon } from "./dom.js";
import { field } from "./fields.js";

/** submit(fields, files) answers as actions do; until it succeeds the form stays with all that was typed. */
export function openModal(modal, names, submit) {
  const dialog = byId("modal");
  const fields = modal.components.map((item) => field(item, names));
  const close = () => dialog.close();
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const send = h("button", { class: "button primary", type: "submit" }, "Submit");
  const form = h("form", { novalidate: true, autocomplete: "off" },
    h("header", {},
      h("h2", { id: "modal-title" }, modal.title),
      h("button", { class: "icon", type: "button", "aria-label": "Close", onclick: close }, icon("close"))),
    h("div", { class: "fields" }, fields.map((one) => one.node)),
    h("footer", {}, problem,
      h("button", { class: "button secondary", type: "button", onclick: close }, "Cancel"), send));

  const tell = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };

  const trySending = async () => {
    const [wrong] = fields.filter((one) => !one.check());
    tell("");
    if (wrong) {
      wrong.focus();
      wrong.node.scrollIntoView({ block: "nearest" });
      return;
    }
    send.disabled = true;
    send.classList.add("busy");
    const part = (name) => Object.assign({}, ...fields.map((one) => one[name]?.()));
    try {
      const { state } = await submit(part("value"), part("files"));
      if (!form.isConnected) return;
      if (state === "failed") tell("This interaction failed. Try again.");
      else close();
    } catch (error) {
      tell(error.message);
    }
    send.disabled = false;
    send.classList.remove("busy");
  };

  const take = (event, files) => {
    if (!files?.length) return;
    event.preventDefault();
    fields.find((one) => one.take)?.take([...files]);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!send.disabled) trySending();
  });
  dialog.onpaste = (event) => take(event, event.clipboardData?.files);
  dialog.ondragover = (event) => event.preventDefault();
  dialog.ondrop = (event) => take(event, event.dataTransfer?.files);
  dialog.replaceChildren(form);
  dialog.onclose = () => {
    fields.forEach((one) => one.dispose?.());
    form.remove();
  };
  dialog.showModal();
  fields.find((one) => one.focus)?.focus();
}
