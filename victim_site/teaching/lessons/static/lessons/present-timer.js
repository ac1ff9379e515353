// Counts up from the start of the lesson, and says when its minutes are over.
import { remember } from "./present-memory.js";

const NAME = `timer ${location.pathname}`;
const two = (number) => String(number).padStart(2, "0");

// Its state: the milliseconds that have passed, and since when it has been running again, if it is.
const stored = () => {
  try {
    const { passed, since } = JSON.parse(remember.get(NAME));
    if (Number.isFinite(passed) && (since === null || Number.isFinite(since))) return { passed, since };
  } catch {
    // Nothing is stored, or it can't be read.
  }
  return { passed: 0, since: null };
};

export const startTimer = (tools, changed) => {
  const button = tools.querySelector("[data-timer]");
  const reset = tools.querySelector("[data-reset]");
  const late = tools.querySelector(".late");
  const planned = Number(button.dataset.timer) * 60000;
  let state = stored();

  const passed = () => state.passed + (state.since === null ? 0 : Math.max(0, Date.now() - state.since));
  const draw = () => {
    const seconds = Math.floor(passed() / 1000);
    const over = passed() >= planned;
    button.querySelector("[data-time]").textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    button.setAttribute("aria-pressed", state.since !== null);
    reset.hidden = state.since === null && !state.passed;
    tools.classList.toggle("over", over);
    // A text that is the same is not said again.
    const said = over ? "Time’s up" : "";
    if (late.textContent !== said) late.textContent = said;
  };
  const follow = (now) => {
    state = now;
    remember.set(NAME, JSON.stringify(state));
    draw();
  };
  const change = (now) => {
    follow(now);
    changed(state);
  };
  const timer = {
    toggle: () => change({ passed: passed(), since: state.since === null ? Date.now() : null }),
    reset: () => change({ passed: 0, since: null }),
    state: () => state,
    follow,
  };
  button.addEventListener("click", timer.toggle);
  reset.addEventListener("click", timer.reset);
  setInterval(draw, 250);
  draw();
  return timer;
};
