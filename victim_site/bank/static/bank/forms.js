// Sends the bank's own forms, in labs whose defenses ask for what a plain form cannot do: a header,
// or a body that is JSON. What to send stands on this script's own tag.
const headers = JSON.parse(document.currentScript.dataset.headers);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || new URL(form.action).origin !== location.origin) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", headers, body: bodyOf(form) });
    if (answer.redirected) location.assign(answer.url);
    else show(await answer.text());
  } catch {
    say(form, "The bank didn’t answer. Nothing may have been sent: look at your account.");
  }
});

function bodyOf(form) {
  const fields = new FormData(form);
  if (headers["Content-Type"] === "application/json") return JSON.stringify(Object.fromEntries(fields));
  return form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
}

// What the bank says instead of a new page takes the place of what this page holds.
function show(text) {
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  document.querySelector("main").replaceWith(main);
  main.tabIndex = -1;
  main.focus();
}

function say(form, sentence) {
  const line = document.createElement("p");
  line.className = "error";
  line.role = "alert";
  line.textContent = sentence;
  form.prepend(line);
}
