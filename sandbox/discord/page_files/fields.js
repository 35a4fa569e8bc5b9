// The fields of a form, by Discord's component numbers: each checks itself as a client does.
import { counted, h, icon } from "./dom.js";
import { ChosenFiles } from "./files.js";
import { markdown } from "./markdown.js";

const BUILDERS = { 3: select, 4: textInput, 19: fileUpload, 21: radioGroup, 22: checkboxGroup, 23: checkbox };

let count = 0;

/**
 * A top-level component as {node, check(), focus()} with value() and files(), objects by custom id, take(files)
 * and dispose() where it has them. check() tells whether it can be sent, and says at the field why not.
 */
export function field(item, names) {
  if (item.type === 10) return { node: h("div", { class: "text" }, markdown(item.content, names)), check: () => true };
  const component = item.component ?? item.components[0];
  const id = `field-${count += 1}`;
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, role: "alert", hidden: true });
  const tell = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    made.control.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const made = BUILDERS[component.type](component, id, tell);
  const label = item.label ?? component.label;
  made.control.setAttribute("aria-describedby", [item.description && `${id}-hint`, wrong.id].filter(Boolean).join(" "));
  made.control.setAttribute("aria-labelledby", `${id}-label`);
  const isRequired = component.required !== false && component.type !== 23;
  return {
    ...made,
    node: h("div", { class: `field type-${component.type}` },
      h("label", { id: `${id}-label`, for: made.isGroup ? null : id }, label,
        isRequired && h("span", { class: "required", "aria-hidden": "true" }, " *")),
      item.description && h("p", { class: "hint", id: `${id}-hint` }, item.description),
      made.body ?? made.control,
      wrong),
    focus: made.focus ?? (() => made.control.focus()),
    check: () => {
      const problem = made.problem();
      tell(problem);
      return problem === null;
    },
  };
}

function textInput(component, id, tell) {
  const { min_length: least = 0, max_length: most = 4000 } = component;
  const length = () => [...control.value].length;
  const counter = h("span", { class: "counter", "aria-hidden": "true" });
  const counts = () => {
    counter.textContent = `${length()}/${most}`;
    counter.classList.toggle("wrong", length() > most);
  };
  const control = h(component.style === 2 ? "textarea" : "input", {
    id,
    rows: component.style === 2 ? "4" : null,
    placeholder: component.placeholder,
    "aria-required": String(component.required !== false),
    oninput: () => { counts(); tell(null); },
  });
  control.value = component.value ?? "";
  counts();
  return {
    control,
    body: h("div", { class: "typed" }, control, counter),
    value: () => ({ [component.custom_id]: control.value }),
    problem: () => {
      if (!control.value.trim() && component.required !== false) return "This is required.";
      if (length() > most) return `At most ${counted(most, "character")}.`;
      return length() > 0 && length() < least ? `At least ${counted(least, "character")}.` : null;
    },
  };
}

/** A menu; one in which several can be chosen is a list to tick. */
function select(component, id, tell) {
  if ((component.max_values ?? 1) > 1) return checkboxGroup(component, id, tell);
  const isOptional = component.required === false || component.min_values === 0;
  const isChosen = component.options.some((option) => option.default);
  const control = h("select", { id, "aria-required": String(!isOptional), onchange: () => tell(null) },
    (isOptional || !isChosen) && h("option", { value: "", disabled: !isOptional, selected: !isChosen },
      component.placeholder ?? "Make a selection"),
    component.options.map((option) => h("option", { value: option.value, selected: option.default },
      option.description ? `${option.label} · ${option.description}` : option.label)));
  return {
    control,
    value: () => ({ [component.custom_id]: control.value ? [control.value] : [] }),
    problem: () => (control.value || isOptional ? null : "This is required."),
  };
}

function radioGroup(component, id, tell) {
  const { control, chosen, focus } = choices("radio", component, id, tell);
  return {
    control,
    focus,
    isGroup: true,
    value: () => (chosen().length ? { [component.custom_id]: chosen()[0] } : {}),
    problem: () => (chosen().length || component.required === false ? null : "This is required."),
  };
}

function checkboxGroup(component, id, tell) {
  const { control, chosen, focus } = choices("checkbox", component, id, tell);
  return {
    control,
    focus,
    isGroup: true,
    value: () => ({ [component.custom_id]: chosen() }),
    problem: () => amount(chosen().length, component, component.options.length),
  };
}

function choices(type, component, id, tell) {
  const inputs = component.options.map((option) =>
    h("input", { type, name: id, value: option.value, checked: option.default, onchange: () => tell(null) }));
  const control = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group" },
    component.options.map((option, index) => h("label", {},
      inputs[index], h("span", {}, option.label, option.description && h("small", {}, option.description)))));
  return {
    control,
    chosen: () => inputs.filter((input) => input.checked).map((input) => input.value),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0]).focus(),
  };
}

function checkbox(component, id) {
  const control = h("input", { type: "checkbox", id, checked: component.default });
  return { control, value: () => ({ [component.custom_id]: control.checked }), problem: () => null };
}

function fileUpload(component, id, tell) {
  const most = component.max_values ?? 1;
  const list = h("ul", { "aria-label": "Chosen files", hidden: true });
  const control = h("input", { type: "file", id, class: "unseen", multiple: most > 1 });
  const chosen = new ChosenFiles(list, most, {
    removed: () => { tell(null); control.focus(); },
    tooMany: `Choose at most ${counted(most, "file")}.`,
  });
  const take = (files) => tell(chosen.add(files));
  control.addEventListener("change", () => {
    const files = [...control.files];
    control.value = "";
    take(files);
  });
  return {
    control,
    take,
    dispose: () => chosen.clear(),
    body: h("div", { class: "upload" },
      h("label", { class: "zone", for: id }, icon("image"),
        h("span", {}, "Choose, drop or paste", h("small", {}, most > 1 ? `Up to ${most} files` : "One file"))),
      control, list),
    files: () => ({ [component.custom_id]: chosen.files }),
    problem: () => amount(chosen.files.length, component, most, (number) => counted(number, "file")),
  };
}

/** Why so many cannot be sent, or null; none are fine where nothing is required. */
function amount(number, component, all, words = String) {
  const { min_values: least = 1, max_values: most = all } = component;
  if (number === 0) return component.required === false || least === 0 ? null : "This is required.";
  if (number < least) return `Choose at least ${words(least)}.`;
  return number > most ? `Choose at most ${words(most)}.` : null;
}
