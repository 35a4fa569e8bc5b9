// Files of a message: pictures in a grid, one large in a dialog, everything else as a line.
import { byId, bytes, h, icon } from "./dom.js";
import { link } from "./markdown.js";

const revealed = new Set();

export const isPicture = (file) => Boolean(file.content_type?.startsWith("image/") && file.width);

/** Opens one picture large; Escape, the cross and the empty space around it close it. */
export function openLarge(file) {
  const dialog = byId("lightbox");
  const close = () => dialog.close();
  dialog.replaceChildren(
    h("button", { class: "icon close", type: "button", "aria-label": "Close", onclick: close }, icon("close")),
    h("figure", {},
      h("img", { src: file.url, alt: file.description ?? "", width: file.width, height: file.height }),
      h("figcaption", {},
        h("span", {}, file.description || file.filename),
        h("small", {}, `${file.width} × ${file.height}${file.size ? ` · ${bytes(file.size)}` : ""}`),
        link(file.url, ["Open original ", icon("out")]))));
  dialog.onclick = (event) => { if (event.target === dialog || event.target.tagName === "FIGURE") close(); };
  dialog.showModal();
}

/** file: {id, url, filename, width, height, description, spoiler}. */
export function picture(file) {
  const hidden = file.spoiler && !revealed.has(file.id);
  const button = h("button", {
    class: hidden ? "picture hidden" : "picture",
    type: "button",
    title: "Open large",
    "aria-label": hidden ? "Spoiler picture: show" : null,
    onclick: () => {
      if (!button.classList.contains("hidden")) return openLarge(file);
      revealed.add(file.id);
      button.classList.remove("hidden");
      button.removeAttribute("aria-label");
      return undefined;
    },
  },
    h("img", {
      src: file.url,
      alt: file.description || file.filename,
      width: file.width,
      height: file.height,
      decoding: "async",
      draggable: "false",
    }),
    file.spoiler && h("span", { class: "spoiler-label", "aria-hidden": "true" }, "Spoiler"));
  const style = { "--ratio": file.width / file.height, "--width": `${file.width}px` };
  return h("div", { class: "frame", style }, button, file.description && alt(file.description));
}

/** Up to four pictures have their own layouts, more stand in rows of three. */
export function grid(files) {
  return h("div", { class: "grid", dataset: { count: Math.min(files.length, 5) } }, files.map(picture));
}

function alt(text) {
  return h("span", { class: "alt", tabindex: "0", "aria-label": `Alt text: ${text}` },
    h("span", { "aria-hidden": "true" }, "ALT"), h("span", { class: "alt-text", "aria-hidden": "true" }, text));
}

const fileLine = (file) => h("a", { class: "file", href: file.url, target: "_blank", rel: "noopener" },
  icon("file"), h("span", {}, file.filename), h("small", {}, bytes(file.size)));

export function attachments(files) {
  const shown = files.map((file) => ({ ...file, spoiler: file.filename.startsWith("SPOILER_") }));
  const pictures = shown.filter(isPicture);
  return [
    pictures.length > 0 && grid(pictures),
    shown.filter((file) => !isPicture(file)).map(fileLine),
  ];
}
