// Keeps an open page of the bank true: it asks one small question a second while somebody looks at
// it, and none while it's hidden. What has changed is said in large type. A page can't know who
// changed it, so it doesn't say who.
import { keepAsking } from "./asking.js";

const WAIT = 900, LONGEST_WAIT = 10000, JUST_NOW = 3000;
const { user, balance, email, identity } = document.querySelector("main").dataset;

// What the page was made with; and what the bank has said last.
const made = user ? { user, balance: Number(balance), email, identity } : { user: "" };
export let now = made;
export let version = "";
let heard = Date.now(), quietUntil = 0;
let asks, before, listener;

// Begin to ask. `earlier` is what the bank said before the attacker's page was opened, if that's
// known; `told` is called after each answer.
export function begin(earlier, told) {
  before = earlier;
  listener = told;
  // The page that a form leads to shows what the form did.
  document.addEventListener("submit", () => { quietUntil = Date.now() + 2 * WAIT; });
  asks = keepAsking({ usual: WAIT, longest: LONGEST_WAIT, question: () => `/poll/?${version}`, heard: listen });
  // The browser may keep the page as it was left, and show it again when the visitor comes back.
  addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  if (before) ask();
}

export function ask() {
  asks.ask();
}

function listen(news) {
  if (Date.now() > quietUntil) {
    if (news) take(news);
    heard = Date.now();
    listener();
  }
  return true;
}

function take(answer) {
  // If nobody is signed in on a page, the Strict cookie may be missing: ignore the first answer.
  const known = version || now.user;
  if (before) say(changes(before, answer, "since you opened the attacker’s page"));
  else if (known) say(changes(now, answer, Date.now() - heard < JUST_NOW ? "just now" : "since you last looked"));
  show(answer);
  ({ version } = answer);
  before = null;
  now = answer;
}

// What is different: in large type, when, in small type, and a link.
export function changes(earlier, later, when) {
  if (earlier.user !== later.user) return [later.user ? another(earlier, later) : gone(earlier)];
  if (!later.user) return [];
  const found = [];
  if (earlier.balance !== later.balance) {
    found.push({ large: money(earlier, later), when, small: `Your balance was ${earlier.balance} and is ${later.balance} now.`, isMoney: true });
  }
  if (earlier.email !== later.email) {
    found.push({ large: "Your e-mail address was changed", when, small: `From ${earlier.email} to ${later.email}` });
  }
  if (later.identity && earlier.identity !== later.identity) {
    found.push({ large: "An identity was connected to your account", when, small: `${later.identity} can sign in to it now.` });
  }
  if (isNewer("change-password")) found.push({ large: "Your password was changed", when });
  if (isNewer("upload-avatar")) found.push({ large: "Your picture was changed", when });
  return found;

  function isNewer(act) {
    return earlier.acts && later.acts && (later.acts[act] ?? 0) > (earlier.acts[act] ?? 0);
  }
}

function gone(earlier) {
  const small = earlier === before
    ? `You were signed in as ${earlier.user} when you opened the attacker’s page.`
    : "This page was open when it happened.";
  return { large: "You’re signed out.", small, link: ["Sign in again", "/login"] };
}

function another(earlier, later) {
  const was = earlier.user ? ` It was ${earlier.user} before.` : "";
  return {
    large: `You are ${later.user}!`,
    small: `To the bank, at least: this browser is signed in as ${later.user} now.${was}`,
    link: later.user === made.user ? null : [`Show ${later.user}’s account`, "/"],
  };
}

function money(earlier, later) {
  const difference = later.balance - earlier.balance;
  const amount = difference < 0 ? `−${-difference}` : `+${difference}`;
  const [, from, to, newest] = later.payments[0] ?? [];
  if (newest !== amount) return amount; // Several payments at once.
  return difference < 0 ? `${amount} to ${to}` : `${amount} from ${from}`;
}

function say(found) {
  const place = document.getElementById("news");
  if (found.length) place.replaceChildren();
  for (const { large, when, small, link, isMoney } of found) {
    const line = element("p", when ? `${large}, ` : large, "large");
    if (when) line.append(moment(when));
    const besideBalance = isMoney && document.getElementById("balance-news");
    if (besideBalance) {
      besideBalance.replaceChildren(line);
    } else {
      place.append(line);
      if (small) place.append(element("p", small));
    }
    if (link) {
      const button = element("a", link[0], "button");
      [, button.href] = link;
      place.append(button);
    }
  }
}

// “Just now” won't be true for long.
function moment(when) {
  const text = element("span", when);
  text.setAttribute("aria-live", "off"); // Once is enough.
  const time = new Date().toLocaleTimeString();
  if (when === "just now") setTimeout(() => { text.textContent = `at ${time}`; }, 5 * JUST_NOW);
  return text;
}

// Update what the page shows, or dim it if nobody or another user is signed in now.
function show(answer) {
  const same = answer.user === made.user;
  document.body.classList.toggle("outdated", Boolean(made.user) && !same);
  document.body.classList.toggle("signed-out", Boolean(made.user) && !answer.user);
  if (!made.user || !same) return;
  for (const part of document.querySelectorAll("[data-now]")) part.textContent = answer[part.dataset.now];
  const picture = document.querySelector("img.avatar");
  if (picture) picture.src = `/avatar/image?${answer.acts["upload-avatar"] ?? 0}`;
  const table = document.getElementById("payments");
  if (!table || !answer.payments.length) return;
  table.hidden = false;
  document.getElementById("no-payments").hidden = true;
  table.querySelector("tbody").replaceChildren(...answer.payments.map(row));
}

function row(payment) {
  const line = document.createElement("tr");
  line.append(...payment.map((text, column) => element("td", text, column === 3 ? "number" : "")));
  return line;
}

function element(name, text, kind = "") {
  const one = document.createElement(name);
  one.className = kind;
  one.textContent = text;
  return one;
}

// The page before may have been on any host of the attacker's.
export function fromAttacker() {
  if (!document.referrer) return false;
  const from = new URL(document.referrer).hostname;
  const { crossSite, subdomain } = document.querySelector(".strip").dataset;
  const evil = new URL(crossSite).hostname;
  return from === evil || from.endsWith(`.${evil}`) || from === new URL(subdomain).hostname;
}
