// Keeps logs live: asks for each once a second, and never while the tab is hidden.
const logs = document.querySelectorAll("[data-live]");

for (const log of logs) {
  log.addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters.version = log.querySelector("[data-version]").dataset.version;
  });
}

const poll = () => {
  if (document.hidden) return;
  for (const log of logs) htmx.trigger(log, "poll");
};
setInterval(poll, 1000);
document.addEventListener("visibilitychange", poll);
