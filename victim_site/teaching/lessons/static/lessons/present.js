// The presenter view: one screen at a time, moved by keys, by buttons, and by the address.
import { talk } from "./present-windows.js";
import { startTimer } from "./present-timer.js";
import { remember } from "./present-memory.js";

const screens = [...document.querySelectorAll(".screen")];
const tools = document.querySelector(".tools");
const keyList = document.querySelector("dialog.keys");
const noteButton = tools.querySelector("[data-notes]");
const steps = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Home: -Infinity, End: Infinity };
let here = screens[0];

const show = (screen) => {
  here = screen;
  for (const one of screens) one.classList.toggle("here", one === screen);
  // Not a step in the tab's history: one press of Back leaves the presenter view.
  history.replaceState(null, "", `#${screen.id}`);
  scrollTo(0, 0);
};

const move = (screen) => {
  if (!screen || screen === here) return;
  show(screen);
  screen.tabIndex = -1;
  screen.focus({ preventScroll: true });
  windows.tell({ screen: screen.id });
};

const named = (id) => screens.find((screen) => screen.id === id);

const showNotes = (open) => {
  for (const notes of document.querySelectorAll(".notes")) notes.open = open;
  noteButton.setAttribute("aria-pressed", open);
  remember.set("notes", open ? "open" : "");
};

const timer = startTimer(tools, (state) => windows.tell({ timer: state }));
const windows = talk(({ screen, timer: state, asks }) => {
  if (screen) show(named(screen) ?? here);
  if (state) timer.follow(state);
  if (asks) windows.tell({ screen: here.id, timer: timer.state() });
});

const letters = {
  "n": () => noteButton && showNotes(noteButton.getAttribute("aria-pressed") !== "true"),
  "t": (event) => (event.shiftKey ? timer.reset() : timer.toggle()),
  "?": () => keyList.showModal(),
};

// In a small window a screen may be longer than the window: it's read to its end first.
const reads = (key, step) => {
  if (key === "Home" || key === "End") return false;
  const [scroller] = [here, document.documentElement].filter((one) => one.scrollHeight > one.clientHeight + 1);
  if (!scroller) return false;
  const rest = step > 0 ? scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop : scroller.scrollTop;
  if (rest < 2) return false;
  scroller.scrollBy(0, step * innerHeight * 0.8);
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || keyList.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const step = steps[event.key];
  if (step) {
    // What scrolls by itself keeps the keys, and so does a selection that is being made.
    if (event.shiftKey || event.target.closest(".scroll, .notes")) return;
    event.preventDefault();
    if (reads(event.key, step)) return;
    const wanted = screens.indexOf(here) + step;
    move(screens[Math.max(0, Math.min(screens.length - 1, wanted))]);
    return;
  }
  const act = letters[event.key.toLowerCase()];
  if (!act || event.repeat) return;
  event.preventDefault();
  act(event);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(".place a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  move(named(link.hash.slice(1)));
});
addEventListener("hashchange", () => show(named(location.hash.slice(1)) ?? here));

noteButton?.addEventListener("click", letters.n);
tools.querySelector("[data-keys]").addEventListener("click", letters["?"]);
tools.querySelector("[data-own-window]")?.addEventListener("click", () => showNotes(false));
for (const summary of document.querySelectorAll(".notes summary")) {
  summary.addEventListener("click", (event) => {
    event.preventDefault();
    if (noteButton) showNotes(false);
  });
}

document.documentElement.classList.add("paged");
tools.hidden = false;
if (noteButton && remember.get("notes")) showNotes(true);
show(named(location.hash.slice(1)) ?? here);
windows.tell({ asks: true });
