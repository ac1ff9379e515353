// Marks the message named after the # as read, with the inbox's own token.
const state = document.getElementById("inbox-state");
addEventListener("hashchange", markAsRead);
markAsRead();

async function markAsRead() {
  const message = location.hash.slice(1);
  if (!message) return;
  state.textContent = "One moment …";
  try {
    const page = new DOMParser().parseFromString(await (await fetch("/inbox")).text(), "text/html");
    const fields = {};
    for (const { name, value } of page.querySelectorAll("main input[type=hidden]")) fields[name] = value;
    const script = page.querySelector("script[data-headers]");
    const headers = JSON.parse(script?.dataset.headers ?? "{}");
    const json = headers["Content-Type"] === "application/json";
    const body = json ? JSON.stringify(fields) : new URLSearchParams(fields);
    const answer = await fetch(`/inbox/read/${message}`, { method: "POST", headers, body });
    state.textContent = answer.ok ? "Done." : "The bank refused that.";
  } catch {
    state.textContent = "The bank didn’t answer.";
  }
}
