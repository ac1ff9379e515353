// Sends the form as JSON, with what the lab's defenses ask for, and shows the answer.
const form = document.getElementById("graphql");
const answer = document.getElementById("graphql-answer");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  answer.textContent = "…";
  try {
    const response = await fetch("/api/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...JSON.parse(form.dataset.headers) },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch {
    answer.textContent = "The bank didn’t answer. Money may have been sent: look at your account.";
  }
});

form.querySelector("button").disabled = false;
