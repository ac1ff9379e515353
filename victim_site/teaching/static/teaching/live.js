// Keeps the live parts of a page up to date: one small question a second, and none while it's hidden.
const parts = [...document.querySelectorAll("[data-live]")];
const shown = (part) => part.querySelector("[data-version]").dataset.version;
const USUAL_WAIT = 1000, LONGEST_WAIT = 30000, PATIENCE = 10000;
let wait = USUAL_WAIT, timer, asking = false;

const note = document.createElement("p");
note.className = "unanswered";
note.setAttribute("role", "status");
document.body.append(note);

const failed = () => {
  wait = Math.min(wait * 2, LONGEST_WAIT);
  note.textContent = `The playground doesn’t answer, so this page may be out of date. It asks again in ${wait / 1000} seconds.`;
};

const ask = async () => {
  clearTimeout(timer);
  if (asking || document.hidden) return;
  asking = true;
  try {
    const question = parts.map(shown).join("&");
    const answer = await fetch(`/poll/?${question}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 204) {
      wait = USUAL_WAIT;
      note.textContent = "";
    } else if (answer.ok) {
      const { changed } = await answer.json();
      const isNews = (part) => changed.some((name) => new URLSearchParams(shown(part)).has(name));
      for (const part of parts.filter(isNews)) htmx.trigger(part, "news");
    } else {
      failed();
    }
  } catch {
    failed();
  }
  asking = false;
  timer = setTimeout(ask, wait);
};

// The parts themselves may fail to come. Then the next answer is “changed” again.
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("visibilitychange", ask);
timer = setTimeout(ask, wait);
