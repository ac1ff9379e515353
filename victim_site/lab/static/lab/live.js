// Keeps the log live: asks once a second, and never while the tab is hidden.
const live = document.querySelector("[data-live]");
const version = () => live.querySelector("[data-version]").dataset.version;

live.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.version = version();
});

setInterval(() => {
  if (!document.hidden) htmx.trigger(live, "poll");
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) htmx.trigger(live, "poll");
});
