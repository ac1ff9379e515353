// The bait's link back to the bank. A guide that led here says so in the fragment of the address,
// which no server ever sees: then the link goes back in the tab's history. So the browser finds the
// bank as it was left, with all its cookies, and no trace of this site between two visits to the bank
// (Firefox would then send third-party cookies). All this comes after what the page does.
const home = document.getElementById("home");

if (location.hash) {
  home.onclick = () => {
    history.back();
    // A frame of this page may have gone back instead.
    const stayed = setTimeout(() => location.replace(home.href), 700);
    addEventListener("pagehide", () => clearTimeout(stayed));
    return false;
  };
}

// The page has been shown for a moment before it ran: then reloading it, or coming back to it, leads
// to where it is shown, and doesn't run it again.
if (location.hash === "#held") {
  for (const link of document.links) link.setAttribute("href", link.href);
  history.replaceState(null, "", `hold/${location.search}#ran`);
}
