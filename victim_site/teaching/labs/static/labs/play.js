// Doesn't swap the result away under somebody's finger: a click counts only if the button goes down
// and up on the same element.
const form = document.querySelector(".choose");
let pressed = false, late = false;

document.addEventListener("pointerdown", (event) => {
  pressed = Boolean(event.target.closest("#result"));
});
for (const over of ["pointerup", "pointercancel"])
  document.addEventListener(over, () => setTimeout(() => {
    pressed = false;
    if (late) htmx.trigger(form, "input");
    late = false;
  }));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!pressed) return;
  event.detail.shouldSwap = false;
  late = true;
});
