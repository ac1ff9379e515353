// Counts down what the trainer has set. The page says how many seconds are left, so that a wrong clock
// here changes nothing; the part that says so may be replaced at any time.
const ends = new WeakMap();

const draw = () => {
  for (const clock of document.querySelectorAll("[data-left]")) {
    if (!ends.has(clock)) ends.set(clock, Date.now() + clock.dataset.left * 1000);
    const left = Math.max(0, Math.ceil((ends.get(clock) - Date.now()) / 1000));
    const said = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (clock.textContent !== said) clock.textContent = said;
    if (left) continue;
    const timer = clock.closest("[role=timer]");
    if (timer.hidden) continue;
    timer.hidden = true;
    const over = timer.parentElement.querySelector("[data-over]");
    over.textContent = over.dataset.over; // Said once; the clock isn't read aloud.
  }
};

document.addEventListener("htmx:afterSwap", draw);
setInterval(draw, 250);
draw();
