// What another company's app does on its own page: it reads the account.
const answer = document.getElementById("app-answer");
fetch("/apps/account", { credentials: "include" })
  .then((response) => response.text())
  .then((text) => { answer.textContent = text; })
  .catch(() => { answer.textContent = "The bank didn’t answer."; });
