// Keeps the live parts of a page up to date.
import { keepAsking } from "../bank/asking.js";

const USUAL_WAIT = 1000, LONGEST_WAIT = 30000;
const parts = [...document.querySelectorAll("[data-live]")];
const shown = (part) => part.querySelector("[data-version]").dataset.version;

const note = document.createElement("p");
note.className = "unanswered";
note.setAttribute("role", "status");
document.body.append(note);

const heard = (news) => {
  if (!news) {
    note.textContent = "";
    return true;
  }
  const isNews = (part) => news.changed.some((name) => new URLSearchParams(shown(part)).has(name));
  for (const part of parts.filter(isNews)) htmx.trigger(part, "news");
  // The parts themselves may fail to come. Then the next answer is “changed” again.
  return false;
};

const failed = (wait) => {
  note.textContent = `The playground doesn’t answer, so this page may be out of date. It asks again in ${wait / 1000} seconds.`;
};

const question = () => `/poll/?${parts.map(shown).join("&")}`;
const { fail } = keepAsking({ usual: USUAL_WAIT, longest: LONGEST_WAIT, question, heard, failed });
document.addEventListener("htmx:responseError", fail);
document.addEventListener("htmx:sendError", fail);
