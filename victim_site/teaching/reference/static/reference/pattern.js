// A square opens in place. Without this script, the page comes again with the square open.
document.getElementById("pattern").addEventListener("submit", (event) => {
  const { name, value } = event.submitter ?? {};
  if (name !== "square") return;
  event.preventDefault();
  const query = new URLSearchParams(new FormData(event.target));
  query.set(name, value);
  for (const one of document.querySelectorAll("button[aria-current]")) one.removeAttribute("aria-current");
  event.submitter.setAttribute("aria-current", "true");
  htmx.ajax("GET", `/matrix/pattern/?${query}`, { target: "#opened", swap: "outerHTML" });
});
