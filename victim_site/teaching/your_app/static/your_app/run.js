// Shows what is new in a run until it's over, once a second, and asks for nothing while it's hidden.
const progress = document.querySelector("#progress");
let timer;

const isOver = () => progress.querySelector("[data-over]");

const look = async () => {
  clearTimeout(timer);
  if (document.hidden || isOver()) return;
  try {
    const answer = await fetch(progress.dataset.from);
    if (answer.ok) show(await answer.text());
  } catch {} // The playground may be starting again.
  timer = setTimeout(look, 1000);
};

const show = (html) => {
  const next = document.createElement("div");
  next.innerHTML = html;
  const [before, after] = [progress, next].map((part) => part.querySelector("pre"));
  if (next.querySelector("[data-over]")) {
    progress.replaceChildren(...next.childNodes);
  } else if (before.textContent !== after.textContent) {
    // Nothing else changes before it's over, and whoever is at the button stays there.
    before.textContent = after.textContent;
  }
};

document.addEventListener("visibilitychange", look);
timer = setTimeout(look, 1000);
