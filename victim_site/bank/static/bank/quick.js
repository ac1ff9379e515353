// The quick payment: the bank's own script sends its form as JSON, with what the lab's defenses ask for.
const form = document.getElementById("quick");
const result = document.getElementById("quick-result");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  result.textContent = "Sending…";
  try {
    const response = await fetch("/api/transfer", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...JSON.parse(form.dataset.headers) },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const answer = await response.json();
    if (response.ok) {
      document.getElementById("balance").textContent = answer.balance;
      result.textContent = `Paid ${answer.sent}.`;
    } else {
      result.textContent = answer.error;
    }
  } catch {
    result.textContent = "The bank didn’t answer. Nothing may have been sent: look at your payments.";
  }
});

// The page comes with a disabled button: without this script, it would send the form as any other.
form.querySelector("button").disabled = false;
