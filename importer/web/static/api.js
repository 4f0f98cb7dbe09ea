// Asking the page's own server. The token comes in the address's fragment, which is in no request, log or referrer.

const KEPT = "layer-importer.token";

/** Take the token out of the address, and keep it for this tab. */
export function takeToken() {
  if (location.hash.length > 20) {
    sessionStorage.setItem(KEPT, location.hash.slice(1));
    history.replaceState(null, "", "/");
  }
  return sessionStorage.getItem(KEPT);
}

export class AskError extends Error {
  /** @param {number} status @param {string} message @param {string} kind */
  constructor(status, message, kind = "") {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

/** @param {string} path @param {RequestInit} options @returns {Promise<Response>} */
async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${sessionStorage.getItem(KEPT)}` } });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new AskError(0, "The importer has ended. Start `layer-importer ui` again, and open the address that it shows.");
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new AskError(answer.status, said.error ?? `The importer answered ${answer.status}.`, said.kind);
  }
  return answer;
}

/** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
export async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const answer = await send(path, options);
  return answer.status === 204 ? null : answer.json();
}

/** @param {File} file */
export async function upload(file) {
  const answer = await send(`/api/files/${encodeURIComponent(file.name)}`, { method: "PUT", body: file });
  return answer.json();
}

/** Call back with each line of a job's progress until it has ended, or nobody looks. @param {(view: any) => void} tell @param {AbortSignal} signal */
export async function follow(tell, signal) {
  const answer = await send("/api/job/events", { method: "GET", signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      if (signal.aborted) return { value: "", done: true };
      throw error;
    });
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) tell(JSON.parse(line));
    if (done) return;
  }
}

/** Download what a ticket is for. @param {string} ticket */
export function download(ticket) {
  const link = document.createElement("a");
  link.href = `/dl/${ticket}`;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
