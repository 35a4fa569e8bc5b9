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

/** options: name → text, number or boolean; files: name → File. Answers "answered", "deferred" or "failed". */
export const slash = (user, channel, command, options, files) =>
  post("slash", { user, channel }, form({ command, options }, Object.entries(files)));

export const autocomplete = (user, channel, command, option, text, others) =>
  post("autocomplete", { user, channel }, form({ command, option, text, others }, []));

export const press = (user, channel, message, customId, values) =>
  post("press", { user, channel }, form({ message, custom_id: customId, values }, []));

export const say = (user, channel, text, files, replyTo, ping) =>
  post("say", { user, channel }, form({ text, reply_to: replyTo, ping }, files.map((file, index) => [`file${index}`, file])));

/** What can be broken: {name, title, troubles, struck}, and services behind the bot {on, empty, slow, billed, in_flight}. */
export const services = () => ask("services", {});

/** change: {on} or {empty} or {slow}, true or false; {trouble, times}; {clear: true}. */
export const change = (service, change) =>
  ask(`services/${service}`, { method: "POST", body: new Blob([JSON.stringify(change)], { type: "application/json" }) });
