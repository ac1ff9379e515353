// Counts down to the moment at which the cookie without SameSite is old.
const young = document.querySelector("[data-old-from]");
const show = () => {
  const seconds = Math.ceil(young.dataset.oldFrom - Date.now() / 1000);
  young.textContent = seconds > 0 ? `in ${seconds} seconds` : "now";
  if (seconds > 0) setTimeout(show, 1000);
};
if (young) show();
