// The walk through one attack: "#try=<attack>.<position>" in the address asks for it, and the strip
// at the top of the bank then says what to do next. Behind it may stand ".signed-out" (the attack
// meets a visitor who is not signed in), ".by-bank" (the bank's own page sends its request), ".click"
// (the attacker's page waits for a click), ".address" (it shows an address to open) or ".asks" (it asks
// for something else), and ".lesson.<slug>.<step>" (it began in a lesson, which
// shows what happened). The walk stays in its tab: to the attacker's page and back, by that page's link,
// by the browser's, or because the page leads to the bank itself. No attack needs a second tab, since
// each page of the bank says what has changed since it was left; a visitor who wants to watch the bank
// meanwhile has both addresses in the lesson. All tabs of a lab know of the walk, and say where it is.
// The consequence comes first, on the bank's page (news.js), and only then a link to the explanation.
import { ask, begin, changes, fromAttacker, now, version } from "./news.js";

const AN_HOUR = 3600 * 1000;
// How long to wait for an attack that the bank may never hear of (its page is shown for a moment
// first), and for the visitor to look.
const NEVER_SENT = 6000, A_LOOK = 1000;
const loaded = Date.now();
// Since the attacker's page was opened: has the visitor come back from it, and has this page been
// checked and looked at since?
let opened = null, wasAway = false, looking, checked = false;
let said = "", saidMore = "";
// The link to the explanation stays where it is, or a click on it would be lost, while the sentence
// after it may still change.
let see = null;
const sentence = document.createElement("span");
const strip = document.querySelector(".strip");
const about = strip.querySelector(".about");
const tab = thisTab();
const wanted = asked().match(/^#try=([a-z0-9-]+)\.(cross-site|subdomain|lookalike)(\.signed-out)?(\.by-bank)?(\.click|\.address|\.asks)?(?:\.lesson\.([a-z0-9-]+)\.([a-z]+)(\.present)?)?$/);

if (wanted) {
  const [, attack, position, signedOut, byBank, waits, lesson, place, present] = wanted;
  const back = lesson && `/lessons/${lesson}/${present ? "present/" : ""}#${place}`;
  remember({ attack, position, signedOut: Boolean(signedOut), byBank: Boolean(byBank), waits: waits || "", back, begun: Date.now(), opened: null, tab });
}
// A message isn't repeated on reload: neither "the money is on its way", nor that the cookie is
// missing, to a visitor who has been signed out since.
const query = new URLSearchParams(location.search);
const justSignedIn = query.has("signed-in");
for (const name of ["done", "signed-in"]) if ("signedIn" in strip.dataset) query.delete(name);
if (wanted || query.size !== new URLSearchParams(location.search).size) {
  history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
}
// Not inside a frame: the attacker's page is in control there, and the bank must look as usual.
if (window === window.top) {
  const walk = recall()?.seen ? null : recall();
  if (walk?.opened && fromAttacker()) goOnHere(walk);
  // If the attacker's page signed the visitor in, any user is news.
  const anybody = justSignedIn && fromAttacker() ? { user: "" } : null;
  begin((walk?.opened && walk.before) || anybody, heard);
  if (walk) ask();
  showWhere();
  // Another tab has continued this walk, or started a different one.
  addEventListener("storage", showWhere);
  document.addEventListener("visibilitychange", () => { wasAway ||= document.hidden; });
  addEventListener("pageshow", (event) => { wasAway ||= event.persisted; });
}

function showWhere() {
  const walk = recall();
  const guiding = Boolean(walk) && (!walk.seen || Boolean(said && walk.tab !== tab));
  if (guiding !== strip.classList.contains("guiding")) about.open = !guiding;
  strip.classList.toggle("guiding", guiding);
  if (walk?.opened !== opened) {
    clearTimeout(looking);
    [opened, wasAway, looking, checked] = [walk?.opened, loaded > walk?.opened, null, false];
  }
  if (guiding) showStep(walk);
  else strip.querySelector(".step").hidden = strip.querySelector(".guide").hidden = true;
}

// The bank has answered, and the page shows what it said.
function heard() {
  const walk = recall();
  if (!walk?.opened || walk.seen || walk.tab !== tab) return;
  const arrived = walk.version && walk.version !== version;
  if (looking) {
    showWhere();
  } else if (changed(walk) || arrived || wasAway || Date.now() - walk.opened > NEVER_SENT) {
    looking = setTimeout(() => {
      checked = true;
      showWhere();
    }, A_LOOK);
    showWhere();
  }
}

function changed(walk) {
  return changes(walk.before, now).length > 0;
}

function landed(walk) {
  return loaded > walk.opened && fromAttacker();
}

function remember(state) {
  try {
    localStorage.setItem("walk", JSON.stringify(state));
  } catch {
    // Storage is switched off: the walk then ends with this page.
  }
}

function recall() {
  try {
    const walk = JSON.parse(localStorage.getItem("walk"));
    return walk && Date.now() - walk.begun < AN_HOUR ? walk : null;
  } catch {
    return null;
  }
}

function showStep(walk) {
  const step = strip.querySelector(".step"), guide = strip.querySelector(".guide");
  const parts = steps(walk), more = others(walk);
  // Don't touch text that hasn't changed: it may have focus, and shouldn't be announced again.
  const text = walk.begun + inWords(parts);
  if (step.hidden || text !== said) {
    said = text;
    if (!parts.includes(see) || !step.contains(see)) step.replaceChildren(...parts);
    step.hidden = false;
  }
  if (guide.hidden || inWords(more) !== saidMore) {
    saidMore = inWords(more);
    guide.replaceChildren(...more);
    guide.hidden = false;
  }
}

function inWords(parts) {
  return parts.map((part) => part.textContent ?? part).join("");
}

function steps(walk) {
  if (walk.tab !== tab) return elsewhere(walk);
  if (walk.opened && checked) {
    sentence.textContent = outcome(walk);
    return ["Step 3 of 3: ", explanation(walk), sentence];
  }
  if (walk.opened) return [look(walk)];
  if (Boolean(now.user) !== walk.signedOut) {
    return [
      "Step 2 of 3: ",
      attackersPage(walk, "Open the attacker’s page"),
      { ".click": "Click what it offers.", ".asks": "Do what it asks for.", ".address": "Paste its address into this tab’s address bar." }[walk.waits] ?? "Then come back to your bank.",
    ];
  }
  return [
    walk.signedOut
      ? "Step 1 of 3: sign out. This attack meets visitors who aren’t signed in."
      : walk.back?.endsWith("#fixed")
        ? "Step 1 of 3: sign in to the fixed bank. It’s a separate bank, so your money is back."
        : "Step 1 of 3: sign in. The name and the password are filled in.",
  ];
}

// The tab that the visitor has left for another one.
function elsewhere(walk) {
  const what = walk.back ? "lesson" : "walk";
  if (walk.seen) return [`This ${what} went on in another tab: `, link("See what happened", seen(walk), "")];
  const here = button("Go on here", () => goOnHere(walk));
  return [`This ${what} goes on in another tab.`, ...(walk.back ? [link("To the lesson", seen(walk), "")] : []), here];
}

// What the guide has to offer besides the next step.
function others(walk) {
  const again = walk.opened && walk.tab === tab ? [attackersPage(walk, "Open the attacker’s page again")] : [];
  return [...again, button("Leave the guide", () => remember(null))];
}

function goOnHere(walk) {
  remember(Object.assign(walk, { tab }));
}

function look(walk) {
  if (landed(walk)) return "Step 3 of 3: the attacker led you here. Look at what your bank says.";
  if (looking || wasAway) return "Step 3 of 3: look at your account.";
  return "Step 3 of 3: look at the attacker’s page, then come back.";
}

function outcome(walk) {
  if (landed(walk)) return `The attacker led you here.${changed(walk) ? "" : " Look around."}`;
  if (!changed(walk)) return "Nothing in your account has changed.";
  return `${now.user ? "Something has changed." : "You’re signed out."} Was it you?`;
}

function explanation(walk) {
  const address = seen(walk);
  if (see?.href !== address) {
    see = link("See what happened", address);
    see.addEventListener("click", () => remember(Object.assign(walk, { seen: true })));
  }
  return see;
}

function attackersPage(walk, text) {
  const address = strip.dataset[walk.position === "cross-site" ? "crossSite" : walk.position];
  // What acts by itself is shown for a moment first, and doesn't act again when it's reloaded. The
  // fragment tells the page that the way back is the tab's history (the attacker's home.js).
  const page = walk.waits ? walk.attack : `${walk.attack}/hold`;
  const open = link(text, `${address.replace("ATTACK", page)}#guided`);
  open.addEventListener("click", () => {
    Object.assign(walk, { opened: Date.now(), before: now, version });
    remember(walk);
    // After the click has been followed, so that it still leads to the attacker. A second click, or
    // the way back to this page, then finds no link here that attacks again.
    setTimeout(showWhere);
  });
  return open;
}

function button(text, does) {
  const made = document.createElement("button");
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", () => {
    does();
    showWhere();
  });
  return made;
}

function seen(walk) {
  const lab = strip.dataset.playground;
  if (walk.back) return new URL(walk.back, lab).href;
  return `${lab}attempt/?${walk.byBank ? "" : "by-others&"}since=${walk.opened}`;
}

function link(text, address, kind = "button") {
  const anchor = document.createElement("a");
  anchor.className = kind;
  anchor.href = address;
  anchor.textContent = text;
  return anchor;
}

// The walk that an address of this tab has asked for since this script ran last (walk.js), or nothing.
function asked() {
  try {
    const hash = location.hash || sessionStorage.asked || "";
    delete sessionStorage.asked;
    return hash;
  } catch {
    return location.hash;
  }
}

// The name of this tab, which it keeps on its way to the attacker's page and back.
function thisTab() {
  try {
    return sessionStorage.tab ??= String(Math.random());
  } catch {
    return ""; // All tabs are one then.
  }
}
