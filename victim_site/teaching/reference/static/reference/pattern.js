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

// Arrow keys move between the squares. For the Tab key, each table is one stop and not 800.
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
for (const table of document.querySelectorAll("table.pattern")) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("button")]);
  let stop = table.querySelector("button[aria-current]") ?? rows[0][0];
  for (const square of rows.flat()) square.tabIndex = square === stop ? 0 : -1;
  table.addEventListener("focusin", ({ target }) => {
    if (target.name !== "square") return;
    stop.tabIndex = -1;
    stop = target;
    stop.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.target !== stop || event.altKey || event.ctrlKey || event.metaKey) return;
    const within = (number, length) => Math.max(0, Math.min(number, length - 1));
    const from = stop.closest("tr").sectionRowIndex;
    const row = rows[within(from + move[0], rows.length)];
    row[within(rows[from].indexOf(stop) + move[1], row.length)].focus();
    event.preventDefault();
  });
}
