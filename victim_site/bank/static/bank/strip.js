// The walk through one attack: "#try=<attack>.<position>" in the address asks for it, and the strip
// at the top of the bank then says what to do next. Behind it may stand ".signed-out" (the attack
// meets a visitor who is not signed in), ".by-bank" (the bank's own page sends its request), ".click"
// (the attacker's page waits for a click), and ".lesson.<slug>.<step>" (it began in a lesson, which
// shows what happened). All tabs of a lab know of the walk: the attacker's page often ends in one.
// The consequence comes first, on the bank's page (news.js), and only then a link to the explanation.
import { ask, begin, changes, fromAttacker, now, version } from "./news.js";

const AN_HOUR = 3600 * 1000;
// How long to wait for an attack that the bank may never hear of (its page is shown for a moment
// first), and for the visitor to look.
const NEVER_SENT = 6000, A_LOOK = 1000;
const loaded = Date.now();
// Since the attacker's page was opened: has the visitor left this tab, and has this page been
// checked and looked at since?
let opened = null, wasAway = false, looking, checked = false;
let said = "";
// The link to the explanation stays where it is, or a click on it would be lost, while the sentence
// after it may still change.
let see = null;
const sentence = document.createElement("span");
const strip = document.querySelector(".strip");
const wanted = location.hash.match(/^#try=([a-z0-9-]+)\.(cross-site|subdomain|lookalike)(\.signed-out)?(\.by-bank)?(\.click)?(?:\.lesson\.([a-z0-9-]+)\.([a-z]+)(\.present)?)?$/);

if (wanted) {
  const [, attack, position, signedOut, byBank, click, lesson, place, present] = wanted;
  const back = lesson && `/lessons/${lesson}/${present ? "present/" : ""}#${place}`;
  remember({ attack, position, signedOut: Boolean(signedOut), byBank: Boolean(byBank), click: Boolean(click), back, begun: Date.now(), opened: null });
}
// What has been said once is not said again on reload: not "the money is on its way", and not
// "your cookie did not come back" to somebody who has been signed out since.
const query = new URLSearchParams(location.search);
const justSignedIn = query.has("signed-in");
for (const name of ["done", "signed-in"]) if ("signedIn" in strip.dataset) query.delete(name);
if (wanted || query.size !== new URLSearchParams(location.search).size) {
  history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
}
// Not inside a frame, where the attacker's page has the say, and the bank must look as it always does.
if (window === window.top) {
  const walk = recall();
  // If a sign-in led here from the attacker's page, anybody is news.
  const anybody = justSignedIn && fromAttacker() ? { user: "" } : null;
  begin((walk?.opened && walk.before) || anybody, heard);
  if (walk) ask();
  showWhere();
  // Another tab has gone on, or begun another walk.
  addEventListener("storage", showWhere);
  document.addEventListener("visibilitychange", () => { wasAway ||= document.hidden; });
}

function showWhere() {
  const walk = recall();
  strip.classList.toggle("guiding", Boolean(walk));
  if (walk?.opened !== opened) {
    clearTimeout(looking);
    [opened, wasAway, looking, checked] = [walk?.opened, false, null, false];
  }
  if (walk) showStep(walk);
  else strip.querySelector(".step").hidden = true;
}

// The bank has answered, and the page shows what it said.
function heard() {
  const walk = recall();
  if (!walk?.opened) return;
  const arrived = walk.version && walk.version !== version;
  if (looking) {
    showWhere();
  } else if (changed(walk) || arrived || landed(walk) || wasAway || Date.now() - walk.opened > NEVER_SENT) {
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
  const step = strip.querySelector(".step");
  const parts = steps(walk);
  // What is said already is left alone: it may have the focus, and needn't be read out again.
  const text = walk.begun + parts.map((part) => part.textContent ?? part).join("");
  if (!step.hidden && text === said) return;
  said = text;
  if (!parts.includes(see) || !step.contains(see)) step.replaceChildren(...parts, leave());
  step.hidden = false;
}

function steps(walk) {
  if (walk.opened && checked) {
    sentence.textContent = outcome(walk);
    return ["Step 3 of 3: ", explanation(walk), sentence];
  }
  if (walk.opened) return [look(walk)];
  if (Boolean(now.user) !== walk.signedOut) {
    return [
      "Step 2 of 3: ",
      attackersPage(walk),
      walk.click ? " Click what it offers." : " Look at it. If it stays, come back to this tab.",
    ];
  }
  return [
    walk.signedOut
      ? "Step 1 of 3: sign out, with the button at the top. This attack meets visitors who are not signed in."
      : "Step 1 of 3: sign in. The name and the password are filled in.",
  ];
}

function look(walk) {
  if (landed(walk)) return "Step 3 of 3: the attacker’s page has led you to your bank. Look at what it says now.";
  if (looking) return "Step 3 of 3: look at your account.";
  return `Step 3 of 3: ${walk.click ? "click what the attacker’s page offers" : "look at the attacker’s page"}, and come back to this tab. It shows what has changed.`;
}

function outcome(walk) {
  if (landed(walk)) return "The attacker’s page has led you to your bank.";
  if (!changed(walk)) return "Nothing has changed here.";
  return `${now.user ? "Something has changed." : "You’re signed out."} Was it you?`;
}

function explanation(walk) {
  const address = seen(walk);
  if (see?.href !== address) {
    see = link("See what happened", address);
    see.addEventListener("click", () => remember(null));
  }
  return see;
}

function attackersPage(walk) {
  const address = strip.dataset[walk.position === "cross-site" ? "crossSite" : walk.position];
  // In a lesson, what would be gone in a blink is shown for a moment.
  const page = walk.back && !walk.click ? `${walk.attack}/hold` : walk.attack;
  const open = link("Open the attacker’s page", address.replace("ATTACK", page));
  open.target = "_blank";
  open.rel = "noopener";
  open.addEventListener("click", () => {
    Object.assign(walk, { opened: Date.now(), before: now, version });
    remember(walk);
    // After the click has been followed, so that it still leads to the attacker.
    setTimeout(showWhere);
  });
  return open;
}

function leave() {
  const button = document.createElement("button");
  button.className = "quiet";
  button.textContent = "Leave the guide";
  button.addEventListener("click", () => {
    remember(null);
    showWhere();
  });
  return button;
}

function seen(walk) {
  const lab = strip.dataset.playground;
  if (walk.back) return new URL(walk.back, lab).href;
  return `${lab}attempt/?${walk.byBank ? "" : "by-others&"}since=${walk.opened}`;
}

function link(text, address) {
  const anchor = document.createElement("a");
  anchor.className = "button";
  anchor.href = address;
  anchor.textContent = text;
  return anchor;
}
