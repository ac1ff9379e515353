// The pay button takes a click, or a key that clicks it, once the page has been in front for a moment.
// A key that was held down before doesn't count. This runs before the page has a button.
{
  const MOMENT = 500;
  let since = performance.now(), held = false;
  const restart = () => { since = performance.now(); };

  addEventListener("pageshow", restart);
  addEventListener("focus", restart);
  document.addEventListener("visibilitychange", restart);
  // Not every browser tells at once that a window in front has closed, but the mouse is here then.
  document.addEventListener("pointerover", ({ pointerType, relatedTarget }) => {
    if (pointerType === "mouse" && !relatedTarget) restart();
  });
  addEventListener("keydown", ({ key, repeat }) => { held = repeat && (key === "Enter" || key === " "); }, true);
  addEventListener("pointerdown", () => { held = false; }, true);

  addEventListener("click", (event) => {
    const button = event.target.closest("#send");
    if (!button || !(held || performance.now() - since < MOMENT)) return;
    event.preventDefault();
    // Quick clicks one after another don't count either. The last one has to follow a pause.
    restart();
    held = false;
    ask(button);
  }, true);

  function ask(button) {
    document.getElementById("wait")?.remove();
    const line = document.createElement("p");
    Object.assign(line, { id: "wait", className: "note", role: "alert" });
    line.textContent = `Nothing was sent: that came too quickly. If you want to pay, press “${button.textContent}” now.`;
    button.after(line);
  }
}
