// The arrow keys move by one screen; whoever types or moves within something keeps the keys.
const screens = [...document.querySelectorAll(".screen")];

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, .scroll")) return;
  // The screen that is shown is the last one that begins above the middle of the window.
  const here = screens.findLastIndex((screen) => screen.getBoundingClientRect().top < innerHeight / 2);
  // What does not fit on one screen is read to its end first, or to its beginning.
  const { top, bottom } = screens[here].getBoundingClientRect();
  if (step > 0 ? bottom > innerHeight + 8 : top < -8) {
    event.preventDefault();
    scrollBy(0, step * innerHeight * 0.8);
    return;
  }
  const next = screens[here + step];
  if (!next) return;
  event.preventDefault();
  next.scrollIntoView();
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
});
