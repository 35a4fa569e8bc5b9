// What a person does, sent to the page's server. A refusal comes back as an Error with a sentence to show.

async function ask(path, options) {
  let response;
  try {
    response = await fetch(`/page/${path}`, options);
  } catch {
    throw new Error("The server cannot be reached. Is it still running?");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({ message: `The server answered ${response.status}.` }));
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

const post = (path, query, body) => ask(`${path}?${new URLSearchParams(query)}`, { method: "POST", body });

function form(payload, files) {
  const body = new FormData();
  body.append("payload", JSON.stringify(payload));
  for (const [name, file] of files) body.append(name, file, file.name);
  return body;
}

// What the bot is asked answers {id, state: "answered" | "deferred" | "failed", modal}.

/** options: name → text, number or boolean; files: name → File. */
export const slash = (user, channel, command, options, files) =>
  post("slash", { user, channel }, form({ command, options }, Object.entries(files)));

export const autocomplete = (user, channel, command, option, text, others) =>
  post("autocomplete", { user, channel }, form({ command, option, text, others }, []));

export const press = (user, channel, message, customId, values) =>
  post("press", { user, channel }, form({ message, custom_id: customId, values }, []));

export const menu = (user, channel, message, command) =>
  post("menu", { user, channel }, form({ message, command }, []));

/** fields: custom id → value; files: custom id → list of File. */
export function submit(user, channel, interaction, fields, files) {
  const parts = Object.values(files).flat().map((file, index) => [`file${index}`, file]);
  const names = Object.entries(files).map(([customId, list]) =>
    [customId, list.map((file) => parts.find((part) => part[1] === file)[0])]);
  return post("submit", { user, channel }, form({ interaction, fields, files: Object.fromEntries(names) }, parts));
}

export const remove = (user, channel, message) => post("delete", { user, channel }, form({ message }, []));

export const say = (user, channel, text, files, replyTo, ping) =>
  post("say", { user, channel }, form({ text, reply_to: replyTo, ping }, files.map((file, index) => [`file${index}`, file])));

/** What can be broken: {name, title, troubles, struck}, and services behind the bot {on, empty, slow, billed, in_flight}. */
export const services = () => ask("services", {});

/** change: {on} or {empty} or {slow}, true or false; {trouble, times}; {clear: true}. */
export const change = (service, change) =>
  ask(`services/${service}`, { method: "POST", body: new Blob([JSON.stringify(change)], { type: "application/json" }) });
