// The arrow keys move by one screen; whoever types or moves within something keeps the keys.
const screens = [...document.querySelectorAll(".screen")];

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, .scroll")) return;
  // The screen that fills the window now is the one that begins nearest to its top.
  const distances = screens.map((screen) => Math.abs(screen.getBoundingClientRect().top));
  const here = distances.indexOf(Math.min(...distances));
  const next = screens[here + step];
  // What does not fit on one screen is read to its end first.
  const more = step > 0 && event.key !== "ArrowRight" && screens[here].getBoundingClientRect().bottom > innerHeight + 8;
  if (!next || more) return;
  event.preventDefault();
  next.scrollIntoView();
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
});
