// Shows what is new in a run until it's over.
import { keepAsking } from "../bank/asking.js";

const progress = document.querySelector("#progress");

const isOver = () => progress.querySelector("[data-over]");

const heard = (html) => {
  const next = document.createElement("div");
  next.innerHTML = html;
  const [before, after] = [progress, next].map((part) => part.querySelector("pre"));
  if (next.querySelector("[data-over]")) {
    progress.replaceChildren(...next.childNodes);
  } else if (before.textContent !== after.textContent) {
    // Nothing else changes before it's over, and keyboard focus stays on the button.
    before.textContent = after.textContent;
  }
  return true;
};

// After a failure, the playground may be starting again.
keepAsking({
  usual: 1000,
  longest: 4000,
  question: () => progress.dataset.from,
  heard,
  isOver,
  read: (answer) => answer.text(),
});
